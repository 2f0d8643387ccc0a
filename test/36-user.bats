#!/usr/bin/env bats
# runs: apart; again: asan static
#
# `user`, `group` and `groups`: who a service runs as.  Never somebody else, and never root
# in his place.
#
# shellcheck disable=SC2154,SC2034,SC2016,SC2030,SC2031

load lib
load boot

setup()
{
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	boot_begin
	group init
	# a place that others can reach, with files of names of our own in the place of /etc's
	public_tree
	mkdir "$public/out" "$public/etc"
	chmod 1777 "$public/out"
	out=$public/out
	cat >"$public/etc/passwd" <<'PASSWD'
root:x:0:0:root:/root:/bin/sh
web:x:4001:4100:a comment:/nonexistent:/bin/false
alone:x:4002:4200::/:
0123:x:4003:4100::/:
PASSWD
	cat >"$public/etc/group" <<'GROUP'
root:x:0:
web:x:4100:
logs:x:4300:alone,web
media:x:4400:other
more:x:4500:web
GROUP
	wrap=(bash -c 'mount --bind "$0/passwd" /etc/passwd && mount --bind "$0/group" /etc/group && exec "$@"' "$public/etc")
}

teardown()
{
	public_end
	boot_end
}

# looks NAME [FILE=TEXT...]: a once-service that writes down who it is, and entries of its.
looks()
{
	local name=$1 entry
	shift
	script "$name" "grep -E '^(Uid|Gid|Groups|Cap(Prm|Eff|Amb)):' /proc/self/status >$out/$name"
	for entry; do printf '%b' "${entry#*=}" >"$tree/svc/$name/${entry%%=*}"; done
	wants init "$name"
}

# "UID GID GROUPS" of a service, sorted, if all four of each are the same.
who()
{
	awk '/^Uid:|^Gid:/ { if ($2 != $3 || $2 != $4 || $2 != $5) print "not all the same"; printf "%s ", $2 }
		/^Groups:/ { n = NF; for (i = 2; i <= NF; i++) g[i] = $i }
		END { for (i = 2; i <= n; i++) printf "%s%s", g[i], i < n ? "," : "" }' "$out/$1"
}

caps() { awk '/^Cap/ { printf "%s ", $2 }' "$out/$1"; }
none="0000000000000000 0000000000000000 0000000000000000 "

@test "user, by name and by number: with the group and the memberships of the files" {
	looks name user=web
	looks number 'user=4001\n'
	looks main user=alone
	looks neither
	boot_settled container
	same name "$(who name)" "4001 4100 4300,4500"
	same number "$(who number)" "4001 4100 4300,4500"
	same main "$(who main)" "4002 4200 4300"
	same neither "$(who neither | cut -d' ' -f1-2)" "0 0"
}

@test "group and groups take the place of what the files say" {
	looks a user=web group=media
	looks b user=web groups=media
	looks c user=web groups=
	looks d user=web 'groups=more\n4711\nlogs\n'
	looks e user=4999 group=4998
	looks f group=4997
	looks g groups=media
	boot_settled container
	same a "$(who a)" "4001 4400 4300,4500"
	same b "$(who b)" "4001 4100 4400"
	same c "$(who c)" "4001 4100 "
	same d "$(who d)" "4001 4100 4300,4500,4711"
	same e "$(who e)" "4999 4998 "
	same "f, still root" "$(who f | cut -d' ' -f1-2)" "0 4997"
	same g "$(who g)" "0 0 4400"
}

# login NAME: HOME, USER, LOGNAME and SHELL of a service, "-" for one that it does not have.
login() { cat "$out/$1.login"; }

# with_login NAME [FILE=TEXT...]: a service that writes them down.
with_login()
{
	local name=$1
	looks "$@"
	script "$name" "echo \"\${HOME--} \${USER--} \${LOGNAME--} \$(sed -z -n s/^SHELL=//p /proc/self/environ | tr -d '\\000')\" >$out/$name.login"
}

@test "HOME, USER, LOGNAME and SHELL are those of the user, in place of what is inherited" {
	wrap+=(env HOME=/of-root USER=root LOGNAME=root SHELL=/bin/of-root)
	with_login name user=web
	with_login number 'user=4002\n'
	with_login nobody user=5000 group=5000
	with_login group group=media
	local kind
	for kind in container machine; do
		boot_settled $kind
		same "name, $kind" "$(login name)" "/nonexistent web web /bin/false"
		same "number, $kind" "$(login number)" "/ alone alone /bin/sh"
		same "nobody, $kind" "$(login nobody)" "/ - - "
		[ $kind = machine ] || same "group" "$(login group)" "/of-root root root /bin/of-root"
		end_by_force
	done
}

@test "what on.env sets counts, and nothing is added to it; off has the user's likewise" {
	wrap+=(env HOME=/of-root USER=root)
	with_login s user=web 'on.env=PATH=/bin:/usr/bin\nHOME=/own\n'
	with_login o user=web
	ln -s on "$tree/svc/o/off"
	boot_settled container
	same s "$(login s)" "/own - - "
	rm "$out/o.login"
	svc stop o
	same off "$(login o)" "/nonexistent web web /bin/false"
}

@test "another user has no capability left, and cannot come back" {
	looks s user=web
	script t "perl -MPOSIX -e '\$< = 0; \$> = 0; setuid(0); setgid(0); print \"\$< \$> \", \$( + 0, \" \", \$) + 0, \"\n\"' >$out/t"
	printf web >"$tree/svc/t/user"
	wants init t
	boot_settled container
	same capabilities "$(caps s)" "$none"
	same "after trying" "$(cat "$out/t")" "4001 4001 4100 4100"
}

@test "an unknown user or group fails the start, is named, and nothing runs as root instead" {
	looks u user=nobodyhere
	looks g user=web group=nogroup
	looks gs user=web 'groups=logs\nnowhere\n'
	looks n user=5000
	boot_settled container
	same states "$(state u) $(state g) $(state gs) $(state n)" "failed failed failed failed"
	same u "$(why u)" "user: nobodyhere: not found"
	same g "$(why g)" "user: nogroup: not found"
	same gs "$(why gs)" "user: nowhere: not found"
	has "$(why n)" "user: 5000: has no group"
	same step "$(status_of u '.last_exit | [.step, .errno] | @csv')" '"user",2'
	said "u: starting -> failed (user: nobodyhere: not found)"
	same "who ran" "$(ls "$out")" ""
	same init "$(state init)" up
}

@test "a user who is there at the next start is found then: names are looked up at each" {
	looks s user=later
	boot_settled container
	same s "$(state s)" failed
	echo 'later:x:4600:4601::/:' >>"$public/etc/passwd"
	svc start s
	same s "$(who s)" "4600 4601 "
	same why "$(why s)" ""
}

@test "without /etc/passwd a user by name fails, and one by numbers does not" {
	looks name user=web
	looks number user=4001 group=4100
	: >"$public/etc/passwd"
	: >"$public/etc/group"
	boot_settled container
	same name "$(state name)" failed
	same number "$(who number)" "4001 4100 "
}

@test "off runs as the same user; an unknown one is not run at all" {
	looks s user=web
	printf '#!/bin/sh\ngrep -E "^(Uid|Gid|Groups)" /proc/self/status >%s/off\n' "$out" >"$tree/svc/s/off"
	chmod +x "$tree/svc/s/off"
	boot_settled container
	svc stop s
	same off "$(who off)" "4001 4100 4300,4500"
	rm "$out/off"
	svc start s
	sed s/^web/gone/ "$public/etc/passwd" >"$public/passwd"
	cat "$public/passwd" >"$public/etc/passwd" # the file that is mounted
	svc stop s
	said "s: off: user: web: not found"
	[ ! -e "$out/off" ]
	same s "$(state s)" down
}

@test "a program that its user may not execute has failed, and is not executed for him" {
	looks s user=web
	chmod 700 "$tree/svc/s/on"
	boot_settled container
	same s "$(state s)" failed
	same why "$(why s)" "exec: Permission denied"
}

@test "descriptors come to another user, too, with his pid" {
	cp "$BUILD/test/serve" "$public/serve" # where he can reach it
	mkdir -p "$tree/svc/s"
	ln -s "$public/serve" "$tree/svc/s/on"
	: >"$tree/svc/s/respawn"
	printf 'unix %s/s 0600\n' "$out" >"$tree/svc/s/listen"
	printf web >"$tree/svc/s/user"
	wants init s
	boot_settled container
	same answer "$("$BUILD/test/knock" unix "$out/s")" "$(pid_of s) 3"
	same owner "$(stat -c '%u %g %a' "$out/s")" "4001 4100 600"
}

@test "a user may be given his own name and nobody else's" {
	chmod 777 "$public"
	cp "$BUILD/cinit" "$BUILD/test/ignore" "$public/"
	run=$public/run
	looks me user=web
	looks other user=alone
	looks root user=root
	wrap+=(setpriv --reuid=4001 --regid=4100 "--groups=4300,4500" --)
	launch "${NS[@]}" --mount-proc sh -c '"$@"; exit $?' sh "${wrap[@]}" "$public/cinit" -v -c "$tree" -r "$run"
	await "the supervisor" svc -q list
	svc wait settled
	same me "$(who me)" "4001 4100 4300,4500"
	same states "$(state me) $(state other) $(state root)" "up failed failed"
	has "$(why other)" "setuid: Operation not permitted"
	same "who ran" "$(ls "$out")" me
}

# For a PID 1 that changes to a user namespace with 65536 ids, by a child in this one.
in_range()
{
	exec bash -c '( until [ "$(readlink /proc/1/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.02; done
		echo 0 0 65536 >/proc/1/uid_map; echo 0 0 65536 >/proc/1/gid_map ) &
		exec unshare --user bash -c '\''until [ "$(id -u) $(id -g)" = "0 0" ]; do sleep 0.02; done; exec "$@"'\'' bash "$@"' bash "$@"
}

@test "in a user namespace with many ids it is as outside" {
	export -f in_range
	looks s user=web
	wrap=(bash -c 'in_range "$@"' bash unshare --mount "${wrap[@]}")
	boot_settled container
	same s "$(who s)" "4001 4100 4300,4500"
	same capabilities "$(caps s)" "$none"
}

@test "in a user namespace with one id there is nobody else to be" {
	looks s user=web
	looks root user=root
	wrap=(unshare --user --map-root-user --mount "${wrap[@]}")
	boot_settled container
	same s "$(state s)" failed
	has "$(why s)" "setuid: "
	same "who ran" "$(ls "$out")" "root"
	same root "$(who root)" "0 0 "
}

@test "a hundred services of other users, with ready descriptors, come up and go" {
	local i
	for i in {1..100}; do
		script "s$i" 'echo >&5' 'exec tail -f /dev/null'
		: >"$tree/svc/s$i/respawn"
		printf 'fd 5' >"$tree/svc/s$i/ready"
		printf '%d' $((5000 + i)) >"$tree/svc/s$i/user"
		printf '%d' $((6000 + i)) >"$tree/svc/s$i/group"
		needs init "s$i"
	done
	boot_settled container
	same init "$(state init)" up
	for i in 1 50 100; do
		same "s$i" "$(stat -c '%u %g' "/proc/$(outer "$(pid_of "s$i")")")" "$((5000 + i)) $((6000 + i))"
	done
	kill -TERM "$(cinit_pid)"
	ends_with 0
}

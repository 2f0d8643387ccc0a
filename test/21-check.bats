#!/usr/bin/env bats
# runs: apart
#
# cinit.check: what it finds, what it shows, how it ends.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

load lib

setup()
{
	tree_begin
}

teardown()
{
	public_end
}

# One service in a tree that is otherwise in order.
plain()
{
	once init
	finds_none
}

finds_none()
{
	check
	same output "$output" "0 errors, 0 warnings"
	same status "$status" 0
}

# ends STATUS [ERRORS WARNINGS]
ends()
{
	same status "$status" "$1"
	[ $# -eq 1 ] || same sum "${lines[-1]}" "$2, $3"
}

# An ELF file with one program header, native, 64 bits: elf FILE INTERPRETER
# [phoff phentsize phnum offset filesz type]
elf()
{
	perl -e '
		my ($file, $interp, @given) = @ARGV;
		my ($phoff, $phentsize, $phnum, $offset, $filesz, $type)
			= map { $given[$_] // (64, 56, 1, 120, 1 + length $interp, 3)[$_] } 0 .. 5;
		my $little = unpack("C", pack("S", 1));
		open(my $f, ">", $file) or die $!;
		print $f "\177ELF", pack("C12", 2, $little ? 1 : 2, 1, (0) x 9),
			pack("SSLQQQLSSSSSS", 2, 62, 1, 0, $phoff, 0, 0, 64, $phentsize, $phnum, 0, 0, 0),
			pack("LLQQQQQQ", $type, 4, $offset, 0, 0, $filesz, $filesz, 1), $interp, "\0";
		chmod 0755, $file' -- "$tree/svc/$1" "${@:2}"
}

# pool NAME: a pool with a program.
pool()
{
	once "$1"
	put "svc/$1/listen" 'tcp *:80\n'
	mkdir "$tree/svc/$1/pool"
	put "svc/$1/pool/mode" 'dispatch\n'
}

# --- how it ends ------------------------------------------------------------------

@test "a tree in order has no findings" {
	once a b
	respawn c
	needs init a
	wants init b c
	ln -s /bin/true "$tree/svc/a/off"
	put svc/a/on.params 'x\n'
	put conf/sleep_before_kill '1\n'
	finds_none
}

@test "a kept program that is a file and no link is named: so is its process, by the kernel" {
	group init
	once o
	respawn linked filed
	wants init o linked filed
	rm "$tree/svc/o/on" "$tree/svc/filed/on"
	put svc/o/on '#!/bin/sh\n'
	put svc/filed/on '#!/bin/sh\n'
	chmod +x "$tree/svc/o/on" "$tree/svc/filed/on"
	check
	finds "$tree/svc/filed/on: is a file and no link, so the kernel names the process \`on\` (note)"
	ends 0 "0 errors" "0 warnings"
	same notes "$(grep -c '(note)' <<<"$output")" 1
}

@test "a program that is known to ask, and will find nobody, is named" {
	group init
	local name
	for name in login fsck sh bash sulogin; do
		once "$name"
		mkdir -p "$tree/svc/$name/bin"
		cp /bin/true "$tree/svc/$name/bin/$name"
		ln -sfn "bin/$name" "$tree/svc/$name/on"
		wants init "$name"
	done
	put svc/fsck/stdin 'inherit\n'
	put svc/bash/user 'root\n'
	check
	finds "$tree/svc/login/on: login: is known to ask, and its standard input is /dev/null; see \`stdin\` and \`tty\` (note)"
	finds "$tree/svc/bash/on: bash: is known to ask, and its standard input is /dev/null; see \`stdin\` and \`tty\` (note)"
	same notes "$(grep -c '(note)' <<<"$output")" 2
	ends 0 "0 errors" "0 warnings"
}

@test "an .env in whose place a first line + was meant is named: PATH is lost" {
	once init whole
	needs init whole
	ln -s /bin/true "$tree/svc/init/off"
	put svc/init/on.env 'TZ=Europe/Zurich\n'
	put svc/init/off.env '+\nTZ=Europe/Zurich\n'
	put svc/whole/on.env 'A=1\nPATH=/bin\n'
	check
	finds "$tree/svc/init/on.env: is the whole environment: PATH and all else that the supervisor has is lost; with a first line \`+\` it is kept (note)"
	same notes "$(grep -c '(note)' <<<"$output")" 1
	ends 0 "0 errors" "0 warnings"
}

@test "warnings end with 0, errors with 1, and both are counted" {
	plain
	put svc/init/notes
	check
	ends 0 "0 errors" "1 warning"
	needs init nowhere nowhere2
	check
	ends 1 "2 errors" "1 warning"
}

@test "findings are path: what: why, with the full path" {
	plain
	needs init gone
	check
	same "first line" "${lines[0]}" "$tree/svc/init/needs/gone: no service: No such file or directory"
	ends 1 "1 error" "0 warnings"
}

@test "a directory that is not there is bad usage" {
	plain
	run --separate-stderr "$BUILD/cinit.check" -c "$tree/nowhere"
	ends 2
	same stderr "$stderr" "cinit.check: $tree/nowhere: No such file or directory"
	same output "$output" ""
	run --separate-stderr "$BUILD/cinit.check" -c /dev/null
	ends 2
	same stderr "$stderr" "cinit.check: /dev/null: not a directory"
}

@test "a tree without svc/ is an error in the tree" {
	rmdir "$tree/svc"
	check
	ends 1 "1 error" "0 warnings"
	finds "$tree/svc: cannot be read: No such file or directory"
}

@test "bad usage is one line and 2" {
	plain
	local -a bad=("-x" "-c" "-p" "--nosuch" "argument" "-- argument" "--order --graph"
		"--simulate --order" "--fail init" "--time init=1" "--order --fail init" "--order=1"
		"--simulate --fail" "--simulate --fail nosuch" "--simulate --time init"
		"--simulate --time init=" "--simulate --time init=-1" "--simulate --time init=x"
		"--simulate --time init=86401" "--simulate --time nosuch=1" "--simulate --time =1"
		"--simulate --fail init/")
	local words
	for words in "${bad[@]}"; do
		# shellcheck disable=SC2086 # several words
		check $words
		same "status of: $words" "$status" 2
		same "output of: $words" "$output" ""
		same "lines of: $words" "$(wc -l <<<"$stderr")" 1
		has "$stderr" "cinit.check: "
	done
	check -c ""
	ends 2
	has "$stderr" "cinit.check: -c: "
}

@test "-h and --help print usage, -V and --version the version and the method" {
	local word
	for word in -h --help; do
		run --separate-stderr "$BUILD/cinit.check" "$word"
		ends 0
		has "${lines[0]}" "usage: cinit.check "
	done
	for word in -V --version; do
		run --separate-stderr "$BUILD/cinit.check" "$word"
		ends 0
		[[ $output =~ ^cinit\.check\ [0-9.]+\ \(ipc:\ (fifo|socket|msq|shm)\)$ ]] || fail "$output"
	done
}

@test "the tree comes from -c, then CINIT_DIR, and the profile from -p" {
	plain
	once other
	put svc/other/odd
	CINIT_DIR=$tree run --separate-stderr "$BUILD/cinit.check" -p other --graph
	ends 0
	same start "$(jq -r .start <<<"$output")" other
	CINIT_DIR=/nowhere check --graph
	same start "$(jq -r .start <<<"$output")" init
	check -p nosuch
	ends 1
	finds "$tree/svc/nosuch: no such start service: No such file or directory"
}

@test "output that cannot be written is said" {
	plain
	[ -w /dev/full ] || skip "there is no /dev/full"
	run --separate-stderr bash -c '"$1" -c "$2" >/dev/full' - "$BUILD/cinit.check" "$tree"
	ends 1
	has "$stderr" "standard output: cannot be written"
}

# --- programs -------------------------------------------------------------------------

@test "an on that is missing is found, in its link's words" {
	group init
	ln -s /no/such/program "$tree/svc/init/on"
	check
	ends 1 "1 error" "0 warnings"
	finds "$tree/svc/init/on: /no/such/program: No such file or directory"
}

@test "an on that is a link to a directory, a FIFO or itself is found" {
	group init/a init/b init/c
	needs init init/a init/b init/c
	ln -s /tmp "$tree/svc/init/a/on"
	mkfifo "$tree/svc/init/b/fifo"
	ln -s fifo "$tree/svc/init/b/on"
	ln -s on "$tree/svc/init/c/on"
	check
	finds "$tree/svc/init/a/on: /tmp: is a directory"
	finds "$tree/svc/init/b/on: fifo: is not a file"
	finds_at svc/init/c/on "on: " # each libc has words of its own for ELOOP
}

@test "an on that is not executable is found, and off, conf/last and conf/panic likewise" {
	plain
	local file
	for file in svc/init/off conf/last conf/panic; do
		put "$file" '#!/bin/sh\n'
		check
		ends 1 "1 error" "0 warnings"
		finds "$tree/$file: is not executable"
		chmod +x "$tree/$file"
		finds_none
	done
}

@test "a script whose interpreter is missing is found" {
	group init
	put svc/init/on '#!/no/such/sh -x\n'
	chmod +x "$tree/svc/init/on"
	check
	ends 1 "1 error" "0 warnings"
	finds "$tree/svc/init/on: interpreter /no/such/sh: No such file or directory"
	put svc/init/on '#! \t /no/such/sh'
	check
	finds "$tree/svc/init/on: interpreter /no/such/sh: No such file or directory"
	put svc/init/on '#!/etc/passwd\n'
	check
	finds "$tree/svc/init/on: interpreter /etc/passwd: is not executable"
	put svc/init/on '#!bin/sh\n'
	finds_none # relative to /, where services run
}

@test "a script behind a link is looked into as well" {
	group init
	put program '#!/no/such/sh\n'
	chmod +x "$tree/program"
	ln -s ../../program "$tree/svc/init/on"
	check
	finds "$tree/svc/init/on: interpreter /no/such/sh: No such file or directory"
}

@test "a #! line with a carriage return, with nothing, or without end is found" {
	group init
	put svc/init/on '#!/bin/sh\r\n'
	chmod +x "$tree/svc/init/on"
	check
	finds "$tree/svc/init/on: interpreter /bin/sh\\x0d: the #! line ends with a carriage return"
	local bytes
	for bytes in '#!' '#!\n/bin/sh\n' '#!  \t\n' '#!\0/bin/sh\n'; do
		put svc/init/on "$bytes"
		check
		ends 1
		finds "$tree/svc/init/on: its #! line names no interpreter"
	done
	perl -e 'print "#!/", "x" x 300, "\n"' >"$tree/svc/init/on"
	check
	finds "$tree/svc/init/on: its #! line is longer than 256 bytes"
}

@test "a program that is neither ELF nor a script is found" {
	group init
	put svc/init/on 'echo hello\n'
	chmod +x "$tree/svc/init/on"
	check
	ends 1
	finds "$tree/svc/init/on: neither an ELF program nor a script that begins with #!"
	put svc/init/on
	check
	ends 1
	finds "$tree/svc/init/on: neither an ELF program nor a script that begins with #!"
}

@test "an ELF program whose interpreter is missing is found" {
	group init
	elf init/on /no/such/ld.so
	check
	ends 1 "1 error" "0 warnings"
	finds "$tree/svc/init/on: interpreter /no/such/ld.so: No such file or directory"
	elf init/on /bin/sh
	finds_none
}

@test "a broken ELF file is not believed" {
	group init
	local -a broken=("18446744073709551615" "9223372036854775800" "64 0" "64 55" "64 56 65535"
		"64 56 0" "64 56 1 18446744073709551615" "64 56 1 9223372036854775807"
		"64 56 1 120 18446744073709551615" "64 56 1 120 1" "64 56 1 120 0" "64 56 1 120 5000"
		"64 56 1 120 4" "64 56 1 120 15 1" "4096")
	local words size
	for words in "${broken[@]}"; do
		# shellcheck disable=SC2086 # several words
		elf init/on /no/such/ld.so $words
		check
		same "output for: $words" "$output" "0 errors, 0 warnings"
	done
	elf init/on /no/such/ld.so
	for size in 4 5 16 51 52 63 64 65 119 120 130; do
		truncate -s "$size" "$tree/svc/init/on"
		check
		same "output for $size bytes" "$output" "0 errors, 0 warnings"
		elf init/on /no/such/ld.so
	done
}

@test "a program that may be executed but not read is no finding" {
	public_tree
	group init
	cp /bin/true "$tree/svc/init/on"
	chmod 111 "$tree/svc/init/on"
	run as_user "$public/cinit.check" -c "$tree"
	same output "$output" "0 errors, 0 warnings"
}

# --- strangers ----------------------------------------------------------------------------

@test "an unknown file is named, with a hint if it is nearly a known one" {
	plain
	local -A table=([on.param]=on.params [on.parms]=on.params [on.prams]=on.params [no]=on
		[oof]=off [need]=needs [wnats]=wants [respwan]=respawn [RESPAWN]=respawn [dely]=delay
		[on.evn]=on.env [off.parameters]='' [readme.c]='' [on.old]='' [x]='' [notes]='')
	local name
	for name in "${!table[@]}"; do put "svc/init/$name"; done
	check
	ends 0
	for name in "${!table[@]}"; do
		finds "$tree/svc/init/$name: unknown file: ignored${table[$name]:+, did you mean ${table[$name]}?} (warning)"
	done
}

@test "an unknown directory is named if it is nearly needs or wants" {
	plain
	mkdir "$tree/svc/init/need" "$tree/svc/init/Wants" "$tree/svc/init/doc"
	ln -s ../../init "$tree/svc/init/need/init"
	check
	ends 0 "0 errors" "2 warnings"
	finds "$tree/svc/init/need: unknown directory: did you mean needs? (warning)"
	finds "$tree/svc/init/Wants: unknown directory: did you mean wants? (warning)"
}

@test "READMEs and names that begin with a dot are in order everywhere" {
	plain
	pool a
	wants init a
	local name
	for name in README README.md last.README .keep .git; do
		put "svc/$name"
		put "svc/init/$name"
		put "svc/a/pool/$name"
		put "conf/$name"
	done
	check
	ends 0 "0 errors" "0 warnings"
}

@test "the objects that pool/modules names are known beside it, and no others" {
	plain
	pool a
	rm "$tree/svc/a/on"
	put svc/a/pool/modules 'm.so p=other.so\n  ./n.so\n'
	put svc/a/m.so
	put svc/a/n.so
	put svc/a/other.so
	put svc/init/m.so
	wants init a
	check
	ends 0 "0 errors" "2 warnings"
	finds "$tree/svc/a/other.so: unknown file: ignored (warning)"
	finds "$tree/svc/init/m.so: unknown file: ignored (warning)"
}

@test "unknown entries of conf/ are named, with a hint" {
	plain
	put conf/lst
	put conf/sleep_before_kil
	put conf/sleep_before_kill.README
	put conf/.hidden
	check
	ends 0 "0 errors" "2 warnings"
	finds "$tree/conf/lst: unknown entry: ignored, did you mean last? (warning)"
	finds "$tree/conf/sleep_before_kil: unknown entry: ignored, did you mean sleep_before_kill? (warning)"
}

@test "names in findings are printable" {
	plain
	put $'svc/init/a\nb\e[1m'
	check
	finds "$tree/svc/init/a\\x0ab\\x1b[1m: unknown file: ignored (warning)"
}

# --- values -------------------------------------------------------------------------------

@test "a respawn with something in it is named" {
	respawn init
	put svc/init/respawn 'always\n'
	check
	ends 0 "0 errors" "1 warning"
	finds "$tree/svc/init/respawn: its content is ignored: only that the file is there counts (warning)"
}

@test "a delay of a group is named" {
	group init
	put svc/init/delay '3\n'
	check
	ends 0 "0 errors" "1 warning"
	finds "$tree/svc/init/delay: has no effect: there is no \`on\` and no \`off\` (warning)"
}

# --- unreached -----------------------------------------------------------------------------

@test "services that the start does not reach are named, but no mere folders" {
	plain
	once a folder/b folder/deep/c
	needs a folder/b
	mkdir -p "$tree/svc/empty/emptier" "$tree/svc/.git/on"
	check
	ends 0 "0 errors" "3 warnings"
	local name
	for name in a folder/b folder/deep/c; do
		finds "$tree/svc/$name: not reached: starting init does not need or want it (warning)"
	done
	check -p a
	ends 0 "0 errors" "2 warnings"
	finds "$tree/svc/init: not reached: starting a does not need or want it (warning)"
}

@test "what the start does not reach is checked like all else, each thing once" {
	plain
	once a b c1 c2
	ln -sfn /nope "$tree/svc/a/on"
	needs b a nowhere
	needs c1 c2
	needs c2 c1
	once user
	put svc/user/on.param
	needs user c1
	local i
	for i in {1..20}; do once "z$i"; done # each is a load that meets all before it
	local long
	long=$(printf 'x%.0s' {1..200})/$(printf 'y%.0s' {1..200})
	once "$long"
	mkdir "$tree/svc/init/wants"
	ln -s "../../$long" "$tree/svc/init/wants/long"
	check
	same "not reached" "$(grep -c ': not reached: ' <<<"$output")" 25
	finds "$tree/svc/a/on: /nope: No such file or directory"
	finds "$tree/svc/b/needs/nowhere: no service: No such file or directory"
	finds "$tree/svc/user/on.param: unknown file: ignored, did you mean on.params? (warning)"
	same cycles "$(grep -c ': cycle of needs: ' <<<"$output")" 1
	same members "$(grep -c ': member of a cycle of needs: ' <<<"$output")" 2
	same "long name" "$(grep -c '/xxx' <<<"$output")" 1
	ends 1 "6 errors" "26 warnings"
	# so it is without a start service, where nothing is reached
	check -p none
	ends 1 "7 errors" "1 warning"
	check --simulate # the views are of what is started
	lacks "$output$stderr" nope
}

@test "a thousand services that the start does not reach are checked soon" {
	plain
	perl -e 'chdir shift; for (1 .. 1000) { mkdir "s$_"; symlink "/bin/true", "s$_/on" }' "$tree/svc"
	check
	ends 0 "0 errors" "1000 warnings"
}

@test "links are not followed in search of services" {
	plain
	once a
	needs init a
	ln -s . "$tree/svc/self"
	ln -s .. "$tree/svc/a/up"
	ln -s / "$tree/svc/root"
	check
	ends 0
	lacks "$output" "not reached"
}

@test "needs/ and wants/ are not taken for services, whatever is in them" {
	plain
	once on delay
	needs init on
	wants init delay
	finds_none
}

@test "a service below svc/ that is called needs is one" {
	plain
	once needs
	check
	finds "$tree/svc/needs: not reached: starting init does not need or want it (warning)"
}

@test "directories as deep as may be are walked" {
	plain
	perl -e 'chdir $ARGV[0] or die; for (1 .. 3000) { mkdir "d"; chdir "d" or die }' "$tree/svc"
	finds_none
	perl -e 'chdir $ARGV[0] or die; while (chdir "d") {} for (1 .. 3000) { chdir ".."; rmdir "d" }' \
		"$tree/svc"
}

@test "a directory that an ordinary user cannot look into is said" {
	public_tree
	plain
	once folder/a
	chmod 000 "$tree/svc/folder"
	run as_user "$public/cinit.check" -c "$tree"
	same "first line" "${lines[0]}" "$tree/svc/folder: cannot be read: Permission denied (warning)"
	ends 0 "0 errors" "1 warning"
}

# --- order --------------------------------------------------------------------------------

@test "--order shows the start in waves" {
	once a b c d
	group init
	needs init c
	needs c b
	wants c a
	wants b d
	check --order
	ends 0
	same output "$output" "1: a d
2: b
3: c
4: init"
}

@test "--order shows who is refused and who is blocked, and by whom" {
	once a b c d e
	wants init c d e
	needs a nowhere
	needs b a
	needs c b
	wants d c
	check --order
	ends 1
	same output "$output" "1: d e
2: init
refused: a: needs/nowhere: no service: No such file or directory
blocked: b: by a
blocked: c: by a"
	finds "$tree/svc/a/needs/nowhere: no service: No such file or directory"
}

@test "--order does not wait for a want on a cycle" {
	once a b
	needs init a
	needs a b
	wants b a
	check --order
	ends 0
	same output "$output" "1: b
2: a
3: init"
}

@test "--order of a tree without start is empty" {
	mkdir -p "$tree/svc"
	check --order
	ends 1
	same output "$output" ""
}

@test "--order of a chain of 10,000 on a small stack" {
	big_tree chain 10000
	run small_stack -c "$tree" --order
	ends 0
	same first "${lines[0]}" "1: s10000"
	same last "${lines[-1]}" "10001: init"
}

# --- simulate -------------------------------------------------------------------------------

@test "--simulate boots, and tells each change" {
	once a init
	respawn b
	needs init a
	needs a b
	check --simulate
	ends 0
	same output "$(sort <<<"$output")" "$(sort <<'END'
0.000 init: down -> waiting (needs a)
0.000 a: down -> waiting (needs b)
0.000 b: down -> waiting (needs up)
0.000 a: waiting -> starting (needs up)
0.000 b: waiting -> starting (needs up)
0.000 a: starting -> up (exit 0)
0.000 b: starting -> up (runs)
0.000 init: waiting -> starting (needs up)
0.000 init: starting -> up (exit 0)
up: a b init
after 0.000 s: 3 up, 0 failed, 0 blocked, 0 refused; the boot settled at 0.000
END
	)"
}

@test "--fail makes a once-service exit 1, and blocks who needs it" {
	once a b c init
	needs b a
	needs init b
	wants c a
	wants init c
	check --simulate --fail a
	ends 1
	finds "0.000 a: starting -> failed (exit 1)"
	finds "up: c"
	finds "failed: a: exit 1"
	finds "blocked: b: by a, which is failed"
	same "last line" "${lines[-1]}" "after 0.000 s: 1 up, 1 failed, 2 blocked, 0 refused; the boot settled at 0.000"
}

@test "--time says how long a once-service runs, and in parallel they take the longest" {
	once a b c init
	needs init a b c
	check --simulate --time a=2 --time b=3.5
	ends 0
	finds "2.000 a: starting -> up (exit 0)"
	finds "3.500 b: starting -> up (exit 0)"
	finds "3.500 init: starting -> up (exit 0)"
	same "last line" "${lines[-1]}" "after 3.500 s: 4 up, 0 failed, 0 blocked, 0 refused; the boot settled at 3.500"
}

@test "--time and --fail of one service: it fails when its time is over" {
	once a init
	needs init a
	check --simulate --fail a --time a=86400
	ends 1
	finds "86400.000 a: starting -> failed (exit 1)"
	finds "86400.000 init: waiting -> blocked (by a, which is failed)"
}

@test "--fail of a respawn service shows its back-off, up to a minute" {
	respawn a
	once init
	wants init a
	check --simulate --fail a
	ends 0
	finds "0.000 a: up -> backoff (exit 1, again at 0.000)"
	finds "0.000 a: up -> backoff (exit 1, again at 0.100)"
	finds "0.100 a: up -> backoff (exit 1, again at 0.300)"
	finds "0.300 a: up -> backoff (exit 1, again at 0.700)"
	finds "25.500 a: up -> backoff (exit 1, again at 51.100)"
	finds "51.100 a: up -> backoff (exit 1, again at 81.100)"
	same "starts" "$(grep -c 'a: waiting -> starting' <<<"$output")" 11
	finds "backoff: a: exit 1, again at 81.100"
}

@test "--time of a respawn service is how long it runs before it exits 0" {
	respawn a
	once init
	wants init a
	check --simulate --time a=20
	ends 0
	finds "20.000 a: up -> backoff (exit 0, again at 20.000)"
	finds "40.000 a: up -> backoff (exit 0, again at 40.100)"
}

@test "--simulate shows what is refused, and why" {
	once a init
	needs a nowhere
	wants init a
	check --simulate
	ends 1
	finds "refused: a: needs/nowhere: no service: No such file or directory"
	finds "up: init"
}

@test "--simulate ends with 1 where the start service does not come up" {
	once init
	check --simulate --fail init
	ends 1
	same stderr "$stderr" ""
	check --simulate -p nosuch
	ends 1
	same output "$output" ""
}

@test "what cannot be executed is not up in a simulation, and what exec says is shown" {
	once init missing mode format script
	ln -sfn /no/such "$tree/svc/missing/on"
	local name
	for name in mode format script; do rm "$tree/svc/$name/on"; done
	put svc/mode/on '#!/bin/sh\n'
	put svc/format/on 'text\n'
	put svc/script/on '#!/no/such\n'
	chmod +x "$tree/svc/format/on" "$tree/svc/script/on"
	wants init missing mode format script
	pool p # which is up with its manager
	ln -sfn /no/such "$tree/svc/p/on"
	wants init p
	check --simulate --time missing=5
	ends 0
	finds "up: init p"
	finds "failed: missing: exec: No such file or directory"
	finds "failed: mode: exec: Permission denied"
	finds "failed: format: exec: Exec format error"
	finds "failed: script: exec: No such file or directory"
	needs init missing
	check --simulate
	ends 1
	finds "blocked: init: by missing, which is failed"
}

@test "--fail of a group is bad usage, for it has nothing that could fail" {
	group init
	check --simulate --fail init
	ends 2
	same stderr "$stderr" "cinit.check: init: has no \`on\` that could fail or take time"
}

@test "--time takes names with =" {
	once a=b init
	needs init a=b
	check --simulate --time a=b=1
	ends 0
	finds "1.000 a=b: starting -> up (exit 0)"
}

@test "--simulate of a chain of 10,000 on a small stack" {
	big_tree chain 10000
	run small_stack -c "$tree" --simulate
	ends 0
	same last "${lines[-1]}" "after 0.000 s: 10001 up, 0 failed, 0 blocked, 0 refused; the boot settled at 0.000"
}

# --- graph --------------------------------------------------------------------------------

@test "--graph is JSON on standard output, with the findings on standard error" {
	plain
	put svc/init/notes
	needs init nowhere
	check --graph
	ends 1
	jq -e '.start == "init" and .conf.sleep_before_kill_ms == 2000
		and (.services.init.refused | contains("nowhere"))' <<<"$output"
	has "$stderr" "$tree/svc/init/notes: unknown file: ignored (warning)"
}

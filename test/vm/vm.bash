# vm.bash - what the tests of a machine share; after lib.bash.
#
# A machine is qemu with a serial console, whose output goes into the file $console
# and whose input comes from a FIFO that descriptor 7 holds open.  `expect` goes
# forward through the console, so that each answer is seen after what it answers.
#
#   CINIT_VM_PATIENCE  seconds after which what was awaited will not come
#
# shellcheck shell=bash disable=SC2154,SC2034 # variables of bats and of lib.bash

VM=${CINIT_VM:-$TOP/build/vm}
PATIENCE=${CINIT_VM_PATIENCE:-120}

# A directory, a console, and no machine yet.
vm_begin()
{
	dir=$(cd "$BATS_TEST_TMPDIR" && pwd -P)
	console=$dir/console initrd=$VM/initrd disk='' qemu='' seen=0 asked=0 devices=()
	: >"$console"
	mkfifo "$dir/keys"
	exec 7<>"$dir/keys"
}

vm_end()
{
	if [ -n "$qemu" ]; then
		pkill -KILL -P "$qemu" || : # the child of timeout(1)
		kill -KILL "$qemu" || :
		wait "$qemu" || :
	fi
	exec 7>&-
	tr -d '\r' <"$console" # shown if the test has failed
}

# overlay DIR: what the directory holds is laid over the initramfs.
overlay()
{
	cp "$initrd" "$dir/initrd.new"
	(cd "$1" && find . | cpio -o -H newc -R 0:0 --quiet) >>"$dir/initrd.new"
	mv "$dir/initrd.new" "$dir/initrd"
	initrd=$dir/initrd
}

# new_disk [ROOT]: an empty ext4, or one with ROOT in it, that the guest sees as nvme.
new_disk()
{
	disk=$dir/disk
	rm -f "$disk"
	truncate -s "${disk_size:-48M}" "$disk"
	mke2fs -q -F -t ext4 ${1:+-d "$1"} "$disk"
}

# vm WORD...: a machine starts, with these words for its kernel.
# no_timer_check: it would look whether the timer ticks, and panic where this machine was busy meanwhile.
vm()
{
	local with=("${devices[@]}")
	[ -z "$disk" ] || with+=(-drive "file=$disk,if=none,id=disk,format=raw" -device nvme,drive=disk,serial=1)
	read -ra accel <"$VM/accel"
	timeout -k 5 $((PATIENCE * 4)) qemu-system-x86_64 "${accel[@]}" -M pc -m 192 -nodefaults \
		-no-user-config -display none -serial stdio "${with[@]}" ${rebooting--no-reboot} \
		-kernel "$VM/kernel/vmlinuz" -initrd "$initrd" \
		-append "console=ttyS0 quiet no_timer_check panic=-1 $*" <&7 >>"$console" 2>&1 3>&- 8>&- 9>&- &
	qemu=$!
}

# expect TEXT: it appears behind what was seen, and is seen now.  One process looks, as the
# machine is emulated and wants the processor.
expect()
{
	local at
	at=$(perl -e '
		my ($console, $seen, $text, $patience, $qemu) = @ARGV;
		my ($behind, $at) = ("", -1);
		open(my $in, "<", $console) or die "$console: $!\n";
		seek($in, $seen, 0);
		my $until = time + $patience;
		for (;;) {
			my $lives = !$qemu || kill 0, $qemu; # before it is read to the end
			1 while sysread($in, $behind, 65536, length $behind);
			$at = index($behind, $text);
			last if $at >= 0;
			die "not on the console: $text\n" if time >= $until;
			die "the machine is gone, without: $text\n" if !$lives;
			select(undef, undef, undef, 0.02);
		}
		print $at' "$console" "$seen" "$1" "$PATIENCE" "$qemu") || fail "awaited: $1"
	passed=$(tail -c +$((seen + 1)) "$console" | head -c "$at" | tr -d '\000' | sed 's/\r//g; s/\x1b\[[0-9;]*[A-Za-z]//g')
	seen=$((seen + at + ${#1}))
}

type_line() { printf '%s\r' "$1" >&7; }

log_in()
{
	expect "login: "
	type_line root
	expect "Password: "
	type_line cinit
	expect "# "
}

# on_guest COMMAND: in the shell there; what it says is in $said, its code the result.
on_guest()
{
	asked=$((asked + 1))
	type_line "$1; printf '%s=%s]' '[$asked' \$?"
	expect "[$asked="
	said=$passed
	expect "]"
	return "$passed"
}

# The machine has switched itself off, or, with -no-reboot, has rebooted.
vm_is_off()
{
	local until=$((SECONDS + PATIENCE)) code=0
	while kill -0 "$qemu" 2>/dev/null; do
		[ "$SECONDS" -lt "$until" ] || fail "the machine runs on" || return
		sleep 0.05
	done
	wait "$qemu" || code=$?
	qemu=
	same "exit code of qemu" "$code" 0
}

# The machine loses its power.
vm_cut()
{
	pkill -KILL -P "$qemu" || :
	wait "$qemu" || :
	qemu=
}

# comes TEXT: anywhere, now or soon.
comes()
{
	local until=$((SECONDS + PATIENCE))
	until grep -aqF -e "$1" "$console"; do
		[ "$SECONDS" -lt "$until" ] || fail "does not come: $1" || return
		sleep 0.05
	done
}

# on_console TEXT, not_on_console TEXT: anywhere.
on_console() { grep -aqF -e "$1" "$console" || fail "not on the console: $1"; }
not_on_console() { ! grep -aF -e "$1" "$console" || fail "on the console: $1"; }

# --- a keyboard --------------------------------------------------------------------

# A monitor beside the console: before `vm`.
monitor() { devices+=(-qmp "unix:$dir/qmp,server=on,wait=off"); }

ctrl_alt_del()
{
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new($ARGV[0]) or die "$ARGV[0]: $!";
		<$s>; print $s "{\"execute\":\"qmp_capabilities\"}\n"; <$s>;
		print $s "{\"execute\":\"send-key\",\"arguments\":{\"keys\":[" . join(",", map
			{ "{\"type\":\"qcode\",\"data\":\"$_\"}" } qw(ctrl alt delete)) . "]}}\n";
		print scalar <$s>;' "$dir/qmp"
}

# --- a disk ------------------------------------------------------------------------

# A moment of up to $1 seconds that nobody has chosen.
some_time() { sleep "$(awk -v max="$1" -v n="$RANDOM" 'BEGIN { print n / 32768 * max }')"; }

# The disk as the machine left it: clean as it is, or, after `vm_cut`, once its
# journal has been replayed; and what was fsync'ed is whole: $last files.
disk_is_whole()
{
	if [ "${1-}" = replay ]; then
		e2fsck -E journal_only -p "$disk" >"$dir/fsck" 2>&1 || [ $? = 1 ] || fail "$(cat "$dir/fsck")"
	else
		! dumpe2fs -h "$disk" 2>/dev/null | grep -q needs_recovery || fail "left mounted"
	fi
	e2fsck -fn "$disk" >"$dir/fsck" 2>&1 || fail "fsck:" "$(cat "$dir/fsck")"
	rm -rf "$dir/files"
	mkdir "$dir/files"
	debugfs -R "rdump / $dir/files" "$disk" >/dev/null 2>&1
	last=$("$TOP/test/vm/whole.pl" "$dir/files") || fail "$last"
	last=${last##* }
}

#!/usr/bin/perl
# calls.pl - reads what strace -f -T -y wrote about a supervisor, and names every call
# that waits, or could.
#
#   calls.pl PID RUNDIR SECONDS FDS <TRACE
#
# FDS: lines "FD FLAGS KIND" of what was open before, FLAGS as /proc/PID/fdinfo has
# them.  Any call that is not listed here is named too: it has to be thought about.
# Only the loop's own epoll_wait may take longer than SECONDS.  Prints "N calls of M
# kinds" after what it found; its status is 0 if that is nothing.
use strict;
use warnings;

my ($supervisor, $rundir, $most, $open) = @ARGV;
my (%fd, %begun, %kinds);
my ($found, $calls) = (0, 0);

# They return at once whatever a client does.
my %harmless = map { $_ => 1 } qw(
	getpid gettid getppid getuid geteuid clock_gettime clock_getres gettimeofday time uname
	kill tgkill rt_sigprocmask rt_sigaction rt_sigreturn rt_sigqueueinfo pidfd_open
	pidfd_send_signal close close_range lseek fstat stat lstat newfstatat statx fstatfs statfs
	access faccessat faccessat2 readlink readlinkat getcwd chdir fchdir umask
	unlink unlinkat mkdir mkdirat mknod mknodat rmdir chmod fchmod fchmodat fchown fchownat
	getdents64 ftruncate epoll_ctl epoll_create1 bind listen getsockopt setsockopt getsockname
	shutdown msgget msgctl semget semctl shmget shmat shmdt shmctl mmap munmap mprotect mremap
	madvise brk prlimit64 getrlimit setrlimit sched_yield getrandom inotify_add_watch
	inotify_rm_watch getpriority setpriority prctl ioctl restart_syscall
	clone clone3 vfork fork);

open(my $list, '<', $open) or die "$open: $!";
while (<$list>) {
	my ($n, $flags, $kind) = split;
	$fd{$n} = oct($flags) & 04000 || $kind eq 'regular' || $kind eq 'directory' ? 'calm' : 'blocking';
}

sub calm { my ($args) = @_; $args =~ /^(\d+)/ && ($fd{$1} // 'unknown') eq 'calm' }

# What is wrong with a call, or nothing.
sub objection {
	my ($name, $args, $result) = @_;
	return if $harmless{$name} || $name =~ /^epoll_p?wait2?$/;
	return 'without WNOHANG' if $name =~ /^wait(4|id)$/ && $args !~ /WNOHANG/;
	return 'without MSG_DONTWAIT' if $name =~ /^(recv|send)(from|to|m?msg)$/ && $args !~ /MSG_DONTWAIT/;
	return 'without IPC_NOWAIT' if $name =~ /^msg(rcv|snd)$/ && $args !~ /IPC_NOWAIT/;
	return 'waits for a lock' if $name eq 'fcntl' && $args =~ /SETLKW/;
	return 'waits for a lock' if $name eq 'flock' && $args !~ /LOCK_NB/;
	return 'waits' if $name eq 'futex' && $args !~ /FUTEX_WAKE/;
	return 'waits' if $name eq 'poll' && $args !~ /, 0$/;
	return 'waits' if $name eq 'ppoll' && $args !~ /tv_sec=0, tv_nsec=0/;
	return 'a blocking descriptor' if $name =~ /^(p?readv?(64)?|p?writev?(64)?|accept4?)$/ && !calm($args);
	return 'opens without O_NONBLOCK' if $name =~ /^open(at2?)?$/ && $args =~ /\Q$rundir\E|^\d/
		&& $args !~ /O_NONBLOCK|O_DIRECTORY|O_PATH/;
	return if $name =~ /^(wait4|waitid|recv|send|msgrcv|msgsnd|fcntl|flock|futex|poll|ppoll|p?readv?|p?writev?|accept|open|socket|pipe|dup|signalfd|timerfd|eventfd|inotify_init)/;
	if ($name =~ /^semop/) {
		my $operations = () = $args =~ /\{/g;
		my $calm = () = $args =~ /IPC_NOWAIT/g;
		return $calm == $operations ? undef : 'without IPC_NOWAIT';
	}
	return 'not in the list';
}

# Descriptors that come and go.
sub follow {
	my ($name, $args, $result) = @_;
	my ($first) = $args =~ /^(\d+)/;
	my ($new) = $result =~ /^(\d+)/;
	if ($name eq 'close') {
		delete $fd{$first} if defined $first;
	} elsif ($name =~ /^pipe2?$/ && (my @ends = $args =~ /^\[(\d+).*?, (\d+)/)) {
		@fd{@ends} = ($args =~ /O_NONBLOCK/ ? 'calm' : 'blocking') x 2;
	} elsif (!defined $new) {
		return;
	} elsif ($name =~ /^open/) {
		$fd{$new} = $args =~ /O_NONBLOCK|O_DIRECTORY/ || $args !~ /\Q$rundir\E/ ? 'calm' : 'blocking';
	} elsif ($name =~ /^dup/ || ($name eq 'fcntl' && $args =~ /F_DUPFD/)) {
		$fd{$new} = $fd{$first} // 'unknown';
	} elsif ($name =~ /^(accept4?|socket|signalfd4?|timerfd_create|eventfd2?|inotify_init1?)$/) {
		$fd{$new} = $args =~ /NONBLOCK/ ? 'calm' : 'blocking';
	}
}

while (<STDIN>) {
	next unless s/^(\d+)\s+//;
	my $pid = $1;
	next if $pid != $supervisor || /^(---|\+\+\+)/ || /<detached/;
	if (/^(.*) <unfinished \.\.\.>$/) { $begun{$pid} = $1; next }
	s/^<\.\.\. \w+ resumed>/$begun{$pid} \/\/ ''/e;
	next unless /^(\w+)\((.*)\)\s+= (.*?)(?: <([\d.]+)>)?$/;
	my ($name, $args, $result, $took) = ($1, $2, $3, $4 // 0);
	my $why = objection($name, $args, $result);
	$why = "took $took s" if !$why && $took > $most && $name !~ /^epoll_p?wait2?$|^restart_syscall$/;
	print "$why: $name($args) = $result\n" if $why && $found++ < 20;
	follow($name, $args, $result);
	$calls++;
	$kinds{$name}++;
}
printf "%d calls of %d kinds: %s\n", $calls, scalar keys %kinds, join(' ', sort keys %kinds);
exit($found || !$calls ? 1 : 0);

# Boot.pm - boots the tree that lies in the root directory, lets it come to rest, stops it.
#
# It waits for events with a deadline and decides nothing about what is right.
package Boot;

use strict;
use warnings;

use Canon;
use POSIX ();
use Root;

my $patience = 60; # seconds after which what was awaited will not come
my %given;         # lines of a witness that are so for every program here

# What a process that cinit has not started finds, which differs from machine to machine.
sub begin
{
	my (undef, $base) = Root::inside('/b/base');

	%given = map { $_ => 1 } grep { /^(?:limit|Cap|NoNewPrivs|Seccomp|nice|oom)/ } split /\n/, $base;
}

# Process 1 of the namespace below unshare(1): its pid here.
sub child_of
{
	my ($pid) = @_;

	return (split ' ', Root::read_file("/proc/$pid/task/$pid/children"))[0];
}

# Has every process, but those that only carry it, written its block?
sub all_testified
{
	my ($pid, $fake) = @_;
	my %carries = map { $_ => 1 } 'cinit', 'testified', 'root', $fake ? () : 'cinit.pool';
	my $init = child_of($pid) // return 0;

	for my $comm (glob "/proc/$init/root/proc/[0-9]*/comm") {
		my $name = Root::read_file($comm);

		chomp $name;
		return 0 if $name ne '' && !$carries{$name};
	}
	return 1;
}

# The blocks of the witnesses, each one text.
sub testimonies
{
	my @all;
	my $text = Root::read_file("$Root::dir/log/witness");

	$text =~ s/\Q$Root::dir\E//g;
	for my $block (split /\n\n/, $text) {
		my @lines = grep { !$given{$_} } split /\n/, $block;
		my ($service) = map { /^env\tCINIT_SERVICE=(.*)/ } reverse @lines;

		@lines = ((grep { !/^env\t/ } @lines), Canon::env(grep { /^env\t/ } @lines));
		push @all, join "\n  ", 'of ' . ($service // 'conf/'), @lines;
	}
	return sort @all;
}

# Until it has come to rest: the list of services; undef if it has ended by itself, with $?.
sub come_to_rest
{
	my ($pid, $fake) = @_;
	my $until = time + $patience;

	for (;;) {
		return undef if waitpid($pid, POSIX::WNOHANG()) == $pid;
		return 'not at rest' if time > $until;
		my ($code) = Root::inside('/real/cinit.svc', '-r', '/run/c', '-q', '-t', $patience, 'wait', 'settled');
		last if $code eq 'exit 0' && all_testified($pid, $fake);
		select undef, undef, undef, 0.003;
	}
	return (Root::inside('/real/cinit.svc', '-r', '/run/c', '--json', 'list'))[1];
}

# Of what was told to end: how it did.
sub end_of
{
	my ($pid) = @_;

	for (1 .. $patience * 200) {
		return Root::code($?) if waitpid($pid, POSIX::WNOHANG()) == $pid;
		select undef, undef, undef, 0.005;
	}
	kill 'KILL', $pid;
	waitpid $pid, 0;
	return 'no end';
}

# Boots it as process 1 or, $user, below another one; with managers of pools that are
# witnesses, $fake, or with true ones.  How it ended, what the list of services was (or undef).
sub boot
{
	my ($user, $fake, $profile) = @_;
	my @words = ($fake ? '/fake/cinit' : '/real/cinit', '-c', '/etc/cinit', '-r', '/run/c');
	my $said = "$Root::dir/log/said";

	unshift @words, '/b/root' if $user;
	push @words, '-p', $profile if defined $profile;
	my $pid = Root::start(0, $said, $said, 'unshare', '--pid', '--fork', '--kill-child', '--mount',
		"--mount-proc=$Root::dir/proc", 'chroot', $Root::dir, @words);
	my $list = come_to_rest($pid, $fake);

	return (Root::code($?), undef) if !defined $list;
	kill 'TERM', child_of($pid) // die "process 1 is not there\n";
	return (end_of($pid), $list);
}

sub said { return Root::read_file("$Root::dir/log/said") }

1;

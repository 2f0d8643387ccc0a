# Root.pm - a root directory of its own on a tmpfs, and running programs in it.
#
# The tree is /etc/cinit there and each program is test/tools/witness.c, so no path, user or
# program of the machine comes in.  It wants a mount namespace that nobody else sees.
package Root;

use strict;
use warnings;

use POSIX ();

our $dir; # as it is named outside

# Of every program, cinit too: what it must not pass on is in it.
my %environment = (
	PATH => '/b:/usr/sbin:/usr/bin:/sbin:/bin', HOME => '/root', 'odd%i' => 'a@b +', EMPTY => '', LISTEN_FDS => '7',
	LISTEN_PID => '1', CINIT_SERVICE => 'outer', CINIT_READY_FD => '9',
);

my $passwd = <<'PASSWD';
root:x:0:0:root:/root:/bin/sh
web:x:4001:4100:a comment:/nonexistent:/bin/false
alone:x:4002:4200::/:
0123:x:4003:4100::/:
PASSWD
my $group = <<'GROUP';
root:x:0:
web:x:4100:
logs:x:4300:alone,web
media:x:4400:other
more:x:4500:web
GROUP

# ---- making it ----

sub run { system(@_) == 0 or die "@_: failed\n" }

sub write_file
{
	my ($path, $text, $mode) = @_;

	open my $f, '>:raw', $path or die "$path: $!";
	print $f $text;
	close $f or die "$path: $!";
	chmod $mode, $path;
}

sub read_file
{
	open my $f, '<:raw', shift or return '';
	local $/;
	return <$f> // '';
}

sub make_parent { run('mkdir', '-p', $dir . (shift =~ s|/[^/]*\z||r)) }

# A program with the libraries that it needs.
sub install
{
	my ($program, $to) = @_;

	make_parent($to);
	run('cp', $program, "$dir$to");
	for my $library (`ldd '$program' 2>/dev/null` =~ m|(/[^ )]*)|g) {
		next if -e "$dir$library";
		make_parent($library);
		run('cp', '-L', $library, "$dir$library");
	}
}

# One more name of the witness.
sub witness { link "$dir/b/witness", "$dir$_[0]" or die "$_[0]: $!" }

sub make
{
	my ($build) = @_;

	chomp($dir = `mktemp -d`);
	run('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', $dir);
	mkdir "$dir/$_", 0755 for qw(b etc run log proc dev srv srv/outside tmp real fake out);
	write_file("$dir/etc/passwd", $passwd, 0644);
	write_file("$dir/etc/group", $group, 0644);
	write_file("$dir/dev/null", '', 0666);
	run('mount', '--bind', '/dev/null', "$dir/dev/null");
	run('mount', '--rbind', '/proc', "$dir/proc");
	install("$build/$_", "/real/$_") for qw(cinit cinit.pool cinit.check cinit.svc);
	install("$build/test/witness", '/b/witness');
	witness("/b/$_") for 'up', 'up%i', 'up@x+', 'ok', 'ok%n', 'ok sp', 'off', 'off+%', 'bad', 'boom', 'base', 'root', 'lo';
	# With this cinit the manager of a pool is a witness, with the other its workers are.
	link "$dir/real/cinit", "$dir/fake/cinit" or die "fake: $!";
	witness('/fake/cinit.pool');
	write_file("$dir/b/plain", "plain\n", 0644);
	write_file("$dir/b/junk", "\x7fELF and no more", 0755);
	write_file("$dir/b/empty", '', 0755);
	symlink '/b/ok', "$dir/srv/outside/on";
	symlink '/etc/cinit/svc/init', "$dir/srv/back";
}

# Without a tree, and without what was left of the last one.
sub empty
{
	run('rm', '-rf', map { "$dir/$_" } qw(etc/cinit run log));
	mkdir "$dir/$_" and chmod 0777, "$dir/$_" or die "$_: $!" for qw(run log);
	write_file("$dir/log/$_", '', 0666) for qw(witness said);
}

END {
	if ($dir) {
		my $code = $?;

		system('umount', '-l', $dir);
		rmdir $dir;
		$? = $code;
	}
}

# ---- running programs ----

# In the background, in this root or not, with what it says in files; its pid.
sub start
{
	my ($inside, $out, $err, @words) = @_;
	my $pid = fork // die "fork: $!";

	return $pid if $pid;
	open STDIN, '<', '/dev/null' or POSIX::_exit(96);
	open STDOUT, '>>', $out or POSIX::_exit(96);
	open STDERR, '>>', $err or POSIX::_exit(96);
	(chroot $dir and chdir '/') or POSIX::_exit(96) if $inside;
	%ENV = %environment;
	exec { $words[0] } @words or POSIX::_exit(97);
}

sub code
{
	my ($status) = @_;

	return $status & 127 ? 'signal ' . ($status & 127) : 'exit ' . ($status >> 8);
}

# To its end: how that was, and what it said on both ways.
sub inside
{
	my @words = @_;
	my ($out, $err) = ("$dir/out/out", "$dir/out/err");

	unlink $out, $err;
	waitpid start(1, $out, $err, @words), 0;
	return (code($?), read_file($out), read_file($err));
}

1;

# behave.pl - prints what cinit makes of trees: one block of trees, in one root directory.
#
#   perl behave.pl [-n] [-R] BUILD OUT pure|boot FROM N    random trees FROM to FROM+N-1
#   perl behave.pl [-n] [-R] BUILD OUT tree NAME=DIR...    these, shown and booted
#
# What cinit does goes to the file OUT, its words for it to OUT.words, and to OUT.raw all that
# cinit.check has said, as it said it, which may be compared on one machine only.  -n: nothing
# is booted; -R: directories are made in the other order.  It wants mount, network and IPC
# namespaces of its own: behave.sh makes them.
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use Boot;
use Canon;
use Root;
use Tree;

my ($back, $boots, $acts, $words, $raw) = (0, 1);

# ---- writing ----

sub greet
{
	my ($title) = @_;

	print $_ "### $title\n" for $acts, $words, $raw;
}

sub section
{
	my ($to, $title, @lines) = @_;

	print $to "--- $title\n", map { "$_\n" } @lines;
}

# What is done, and what is said of it.
sub both
{
	my ($title, $done, $said) = @_;

	section($acts, $title, @$done);
	section($words, $title, @$said) if @$said;
}

# ---- one tree ----

# One run of cinit.check.
sub check
{
	my ($profile, @how) = @_;
	my @words = ('/real/cinit.check', '-c', '/etc/cinit', defined $profile ? ('-p', $profile) : (), @how);
	my ($code, $out, $err) = Root::inside(@words);

	section($raw, "@how: $code", Canon::lines($out));
	section($raw, 'errors', Canon::lines($err)) if $err ne '' && (!@how || $how[0] eq '--graph');
	return ($code, $out, $err);
}

sub show
{
	my ($profile, @simulate) = @_;
	my ($code, $out, $err) = check($profile, '--graph');

	both("graph: $code", Canon::graph($out));
	section($words, 'findings of the loader', Canon::findings($err));
	($code, $out) = check($profile, '--order');
	both("order: $code", Canon::order($out));
	for my $how ([], @simulate ? [@simulate] : ()) {
		($code, $out, $err) = check($profile, '--simulate', @$how);
		both("simulation @$how: $code", Canon::simulation($out));
		section($words, "simulation @$how: $code", Canon::findings($err)) if $code eq 'exit 2';
	}
	($code, $out) = check($profile, '--stop-time');
	section($acts, "time to stop: $code", Canon::stop_time($out));
	($code, $out) = check($profile);
	section($words, "findings: $code", Canon::findings($out));
}

sub boot
{
	my ($way, $profile) = @_;
	my ($user, $fake) = ($way & 1, $way & 2);
	my ($code, $list) = Boot::boot($user, $fake, $profile);
	my $how = 'boot as ' . ($user ? 'user' : 'container') . ($fake ? ', managers are witnesses' : '') . ": $code";

	both($how, defined $list ? Canon::list($list) : (['has ended by itself'], []));
	section($acts, 'processes', Boot::testimonies());
	section($words, 'said', Canon::said(Boot::said()));
}

# ---- which trees ----

sub random_tree
{
	my ($seed, $tame) = @_;
	my $tree = Tree->grow($seed, $tame);

	Root::empty();
	mkdir "$Root::dir/etc/cinit", 0755 or die "tree: $!";
	$tree->make("$Root::dir/etc/cinit", $back);
	greet(($tame ? 'boot' : 'pure') . " $seed" . (defined $tree->{profile} ? " -p '$tree->{profile}'" : ''));
	show($tree->{profile}, @{$tree->{simulate}});
	boot($seed % 4, $tree->{profile}) if $tame && $boots;
}

# Programs to which the tree has links, and what runs its scripts.
sub install_targets
{
	my @files = split /\n/, `find '$Root::dir/etc/cinit' -name on -o -name off -o -name last -o -name panic`;
	my @scripts = map { Root::read_file($_) =~ m|\A#![ \t]*(\S+)| } grep { -f && !-l } @files;

	for my $target (@scripts, map { readlink } grep { -l } @files) {
		next if $target !~ m|\A/(?:[\w.-]+/)*[\w.-]+\z| || -e "$Root::dir$target" || $target =~ m|\A/etc/cinit/|;
		Root::make_parent($target);
		Root::witness($target);
	}
}

sub given_tree
{
	my ($name, $dir) = @_;

	for my $way ($boots ? (0 .. 3) : 0) {
		Root::empty();
		Root::run('cp', '-dR', '--preserve=mode', $dir, "$Root::dir/etc/cinit");
		install_targets();
		greet("tree $name, $way");
		show(undef) if $way == 0;
		boot($way, undef) if $boots;
	}
}

# ---- all of it ----

while (@ARGV && $ARGV[0] =~ /^-/) {
	my $option = shift @ARGV;

	$option eq '-n' ? $boots = 0 : $option eq '-R' ? $back = 1 : die "behave.pl: $option: not an option\n";
}
my ($build, $to, $what, @rest) = @ARGV;
open $acts, '>:raw', $to or die "$to: $!";
open $words, '>:raw', "$to.words" or die "$to.words: $!";
open $raw, '>:raw', "$to.raw" or die "$to.raw: $!";
umask 022;
Root::make($build);
Root::inside('/b/lo');
Boot::begin();
if ($what eq 'tree') {
	given_tree(/\A([^=]*)=(.*)\z/) for @rest;
} else {
	random_tree($_, $what eq 'boot') for $rest[0] .. $rest[0] + $rest[1] - 1;
}
close $_ or die "$to: $!" for $acts, $words, $raw;

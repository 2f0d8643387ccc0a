#!/usr/bin/perl
# whole.pl DIR - DIR holds what vm-writer wrote until the power went: is every file
# whole that it had made to last?  Says how many.
use strict;
use warnings;

my ($dir) = @ARGV;
my $FILES = 200;

sub content
{
	open(my $in, '<:raw', "$dir/$_[0]") or return undef;
	local $/;
	return scalar <$in>;
}

my $last = content('last');
$last = defined $last && length $last == 4 ? unpack('V', $last) : 0;
my $bad = 0;
for my $n ($last - $FILES + 1 .. $last) {
	next if $n < 1;
	my $name = 'f' . $n % $FILES;
	my $is = content($name);
	my $m = defined $is && length $is >= 4 ? unpack('V', $is) : 0;
	# The next file may have taken this one's place already.
	my $right = ($m == $n || $m == $n + $FILES) && $is eq pack('V', $m) x (256 * (1 + $m * 7 % 16));
	next if $right;
	print "$name should hold $n", defined $is ? ", has " . length($is) . " bytes of $m" : ", is not there", "\n";
	$bad = 1;
}
print "last: $last\n";
exit $bad;

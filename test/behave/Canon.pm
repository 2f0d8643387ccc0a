# Canon.pm - what programs say, in a form that does not depend on the order in which a
# directory gives its entries, nor on who was faster.
#
# Where the order decides what is said (which of two culprits is named, where the printing of a
# cycle begins), the name is left out here.
#
# A function that gives two lists gives first what cinit does, then its words for it: messages
# may change where behaviour does not.
package Canon;

use strict;
use warnings;

# Long lines by their beginning, their length and two sums.
sub shorten
{
	my ($line) = @_;
	my $n = length $line;

	return $line if $n <= 1200;
	return sprintf '%s ... %d bytes, sums %u %u', substr($line, 0, 200), $n, unpack('%32C*', $line),
		unpack('%32N*', $line . "\0" x (-$n & 3));
}

sub lines { return map { shorten($_) } split /\n/, shift }

# Which of several culprits or wrong entries was met first, and where a cycle was entered.
sub without_choice
{
	my ($line) = @_;

	$line =~ s/(member of a cycle of needs: needs ).*/$1.../;
	$line =~ s/.*(: cycle of needs: )(.*) -> .*/...$1.../;
	$line =~ s/\bneeds .*, which .*/needs .../;
	$line =~ s/( is refused: needs\/).*/$1.../;
	$line =~ s{^([a-z]+: .*: (?:needs|wants|after|by) ).*}{$1...} if $line !~ m{^refused: };
	return $line;
}

sub findings
{
	my ($text) = @_;

	return sort map { shorten(without_choice($_)) } split /\n/, $text;
}

# Lines "refused: NAME: why" are words.
sub without_refusals
{
	my @lines = @_;
	my @words = grep { /^refused: / } @lines;

	return ([grep { !/^refused: / } @lines], [sort map { without_choice(s/: needs\/.*/: needs .../r) } @words]);
}

# A string of JSON.
my $string = qr/"(?:[^"\\]|\\.)*"/;

sub sort_names
{
	my @names = shift =~ /($string)/g;

	return '[' . join(', ', sort @names) . ']';
}

# One service a line: by name, its edges by name.
sub graph
{
	my ($text) = @_;
	my (@lines, @words);

	for my $line (split /\n/, $text) {
		if ($line =~ s/(^ ?$string: .*"refused": )($string)\}/$1true}/) {
			my ($head, $why) = ($1, $2);
			my ($name) = $head =~ /($string)/;

			$why =~ s/(^"(?:needs|wants)\/).*/$1..."/;
			push @words, without_choice("$name: $why");
		}
		$line =~ s/,\z//;
		$line =~ s/("(?:needs|wants|unordered)": )\[((?:$string(?:, )?)*)\]/$1 . sort_names($2)/ge;
		push @lines, shorten($line);
	}
	return ([$lines[0] // '', sort @lines[1 .. $#lines]], [sort @words]);
}

# Waves: the names of one are in no order.
sub order
{
	my ($text) = @_;
	my (@waves, @others);

	for my $line (split /\n/, $text) {
		if ($line =~ /^(\d+): ?(.*)/) {
			push @waves, shorten("$1: " . join ' ', sort split / /, $2);
		} else {
			push @others, shorten(without_choice($line));
		}
	}
	return without_refusals(@waves, sort @others);
}

# What happens at one moment to different services is in no order.  Where an essential service
# stops everything, the order decides who was up by then: that moment and all after it are left
# out, but for the last line.
sub simulation
{
	my ($text) = @_;
	my (@moments, @others, $last);
	my ($stopped) = $text =~ /^([\d.]+) .*: everything is stopped$/m;

	for my $line (map { shorten(without_choice($_)) } split /\n/, $text) {
		my ($time, $name) = $line =~ /^([\d.]+) (.*?): /;

		$line =~ s{\((needs (?!up\)$)|wants |after |by ).*\)$}{($1...)};
		if (!defined $time) {
			$line = "up: " . join ' ', sort split / /, $1 if $line =~ /^up: (.*)/;
			push @others, $line;
		} elsif (!defined $stopped || $time < $stopped) {
			push @moments, [] if !defined $last || $last ne $time;
			$last = $time;
			push @{$moments[-1]}, [$name, scalar @{$moments[-1]}, $line];
		}
	}
	@others = ($others[-1]) if defined $stopped;
	return without_refusals((map {
		map { $_->[2] } sort { $a->[0] cmp $b->[0] or $a->[1] <=> $b->[1] } @$_
	} @moments), sort @others);
}

# The longest chain is one of several that are as long.
sub stop_time
{
	my ($text) = @_;

	return map { s/ = .*//r } lines($text);
}

# ---- the booted part ----

# What was given to a process, by name.
sub env { return sort @_ }

# The list of services as JSON: what is another each time is left out.
sub list
{
	my ($text) = @_;
	my (@lines, @words);

	for my $line (split /\n/, $text) {
		$line =~ s/^[\[ ]|[\],]$//g;
		$line =~ s/, "(?:pid|since_ms|until_ms)": \d+//g;
		$line =~ s/, "other": $string//;
		my $name = $line =~ /("name": $string)/ ? $1 : '';
		my ($why) = $line =~ s/, ("why": $string)// ? $1 : '';

		push @lines, shorten($line);
		push @words, shorten(without_choice("$name, $why" =~ s/("why": "needs\/).*/$1..."/r)) if $why ne '"why": ""';
	}
	return ([sort @lines], [sort @words]);
}

# What the supervisor and managers of pools say, but for the greeting.
sub said
{
	my ($text) = @_;
	my @lines;

	for my $line (split /\n/, $text) {
		next if $line =~ / mode, pid \d+, tree /;
		$line =~ s/process \d+/process N/g;
		$line =~ s/worker \d+/worker N/g;
		push @lines, shorten(without_choice($line));
	}
	return sort @lines;
}

1;

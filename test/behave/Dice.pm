# Dice.pm - random numbers that are the same everywhere: drand48's formula, 48 bits of state.
package Dice;

use strict;
use warnings;
no warnings "portable"; # numbers of 64 bits

sub new
{
	my ($class, $seed) = @_;
	my $self = bless {x => ($seed << 16 ^ 0x330e) & 0xffffffffffff}, $class;

	$self->next for 1 .. 4;
	return $self;
}

sub next
{
	my ($self) = @_;
	use integer;

	$self->{x} = ($self->{x} * 0x5deece66d + 11) & 0xffffffffffff;
	return $self->{x} >> 18;
}

sub below { my ($self, $n) = @_; return $self->next % $n }
sub percent { my ($self, $p) = @_; return $self->below(100) < $p }
sub pick { my ($self, @of) = @_; return $of[$self->below(scalar @of)] }

sub shuffle
{
	my ($self, @list) = @_;

	for (my $i = @list - 1; $i > 0; $i--) {
		my $j = $self->below($i + 1);
		@list[$i, $j] = @list[$j, $i];
	}
	return @list;
}

1;

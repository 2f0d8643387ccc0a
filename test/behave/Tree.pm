# Tree.pm - grows a random tree of service directories from a number, and makes it on disk.
#
# A tame tree is one that can be booted and comes to rest at the same place each time: nothing
# in it crashes again and again, no two services want one address, no time limit is short.  A
# wild one has everything that cinit.check can be shown.  The same number gives the same tree
# for ever: who changes what is drawn changes all sums.
package Tree;

use strict;
use warnings;

use Dice;
use Values;

my $base = '/etc/cinit'; # as the programs below the new root see it

sub grow
{
	my ($class, $seed, $tame) = @_;
	my $self = bless {
		dice => Dice->new($seed * 2 + ($tame ? 1 : 0)), tame => $tame, node => {}, inner => {},
		mode => {}, profile => undef,
	}, $class;
	my $d = $self->{dice};

	# A few trees have nothing wrong, some have hardly anything else.
	$self->{bad} = $d->pick($tame ? (0, 2, 4, 8) : (0, 2, 5, 10, 25));
	$self->{clean} = $self->{bad} == 0;
	$self->choose_names;
	$self->add_service($_) for 0 .. $#{$self->{names}};
	$self->add_edges($_) for 0 .. $#{$self->{names}};
	$self->add_links;
	$self->add_conf;
	$self->choose_words;
	$self->spoil if !$tame && $d->percent(4);
	return $self;
}

# ---- nodes ----

# One file, link, FIFO or directory, if nothing lies there or on the way.
sub put
{
	my ($self, $path, $type, $data) = @_;
	my $node = $self->{node};

	return 0 if exists $node->{$path};
	return 0 if $type ne 'dir' && $self->{inner}{$path};
	for (my $up = $path; $up =~ s|/[^/]*\z||;) {
		return 0 if exists $node->{$up} && $node->{$up}[0] ne 'dir';
		$self->{inner}{$up} = 1;
	}
	$node->{$path} = [$type, $data];
	return 1;
}

sub file { my ($self, $path, $bytes) = @_; return $self->put($path, 'file', $bytes) }
sub link_to { my ($self, $path, $text) = @_; return $self->put($path, 'link', $text) }
sub dir { my ($self, $path) = @_; return $self->put($path, 'dir', '') }

# What is wrong with a place where a file belongs.
sub no_file
{
	my ($self, $path) = @_;
	my $what = $self->{dice}->below(7);

	return $self->dir($path) if $what == 0;
	return $self->put($path, 'fifo', '') if $what == 1;
	return $self->link_to($path, 'nowhere') if $what == 2;
	return $self->link_to($path, '/b') if $what == 3;
	return $self->link_to($path, '/dev/null') if $what == 4;
	return $self->link_to($path, substr($path, rindex($path, '/') + 1)) if $what == 5;
	return $self->file("$path/inside", 'x');
}

# A file that may also be a link to one.
sub value
{
	my ($self, $path, $bytes) = @_;

	return $self->file($path, $bytes) if !$self->{dice}->percent(6);
	$self->file("shared/f$self->{n_shared}", $bytes);
	return $self->link_to($path, "$base/shared/f" . $self->{n_shared}++);
}

sub is_bad { my ($self) = @_; return $self->{dice}->percent($self->{bad}) }

# One of the right values, one of the wrong ones, or no file at all.
sub entry
{
	my ($self, $path, $right, $wrong) = @_;
	my $d = $self->{dice};

	return $self->value($path, $d->pick(@$right)) if !$self->is_bad;
	return $self->no_file($path) if $d->percent(25);
	return $self->value($path, $d->pick(@$wrong));
}

# ---- services ----

sub choose_names
{
	my ($self) = @_;
	my $d = $self->{dice};
	my $n = 2 + $d->below($d->pick(4, 8, 14, 24));
	my @names = ('init');
	my %seen = (init => 1);

	while (@names < $n) {
		my $what = $d->below(10);
		my $name = $what < 5 ? $d->pick(@Values::plain) : $what < 7 ? $d->pick(@Values::odd)
			: $d->pick(@names) . '/' . $d->pick(@Values::entries, @Values::odd, @Values::plain);

		# Of what cannot be a service of a tame tree there is little.
		next if $self->{tame} && length $name > 200 && !$d->percent(10);
		next if grep { length > 255 } split m|/|, $name;
		next if length $name > 600;
		$n-- if $seen{$name};
		push @names, $name if !$seen{$name}++;
	}
	$self->{names} = \@names;
	$self->{n_shared} = 0;
}

sub at { my ($self, $i) = @_; return "svc/$self->{names}[$i]" }

sub add_service
{
	my ($self, $i) = @_;
	my $d = $self->{dice};
	my $at = $self->at($i);
	my $kind = $i == 0 && !$d->percent(15) ? 'group' : $d->pick(qw(group once once once respawn respawn pool));

	push @{$self->{runs}}, $self->{names}[$i] if $kind ne 'group' && $self->{names}[$i] !~ /=/;
	$self->dir($at);
	$self->{mode}{$at} = 0700 if $d->percent(3);
	$self->add_programs($at, $kind, $i);
	$self->entry("$at/respawn", ['', 'always', "done 3\n", '%i'], ["\0"])
		if $kind eq 'respawn' || (!$self->{tame} && $d->percent(6));
	$self->add_times($at);
	$self->add_who($at) if $d->percent($kind eq 'group' ? 4 : 25);
	$self->add_sockets($at, $kind, $i) if $kind eq 'pool' ? !$self->is_bad : $d->percent($kind eq 'group' ? 4 : 20);
	$self->entry("$at/ready", \@Values::ready, \@Values::no_ready) if $d->percent($kind eq 'respawn' ? 25 : 5);
	$self->add_pool($at) if $kind eq 'pool';
	$self->add_essential($at, $kind);
	$self->add_strangers($at);
}

# ---- programs ----

# The text of a link in directory $at to a program with this part to play.
sub link_text
{
	my ($self, $at, $part) = @_;
	my $d = $self->{dice};
	my $up = '../' x (1 + $at =~ tr|/||);
	my %more = (up => ['up%i', 'up@x+'], ok => ['ok%n', 'ok sp'], off => ['off+%', 'off']);
	my $name = $d->percent(20) ? $d->pick(@{$more{$part} // [$part]}) : $part;

	return $d->pick("/b/$name", "/b/$name", "/b/$name", "$up../../b/$name", "/b/.././b//$name");
}

# An executable that can be none.
sub no_program
{
	my ($self, $path) = @_;
	my $d = $self->{dice};
	my $what = $d->below(11);

	return $self->link_to($path, $d->pick('/b/none', '/b/%i', '@', '+', 'none@x', '../none')) if $what < 3;
	return $self->link_to($path, $d->pick('/b', '/etc/passwd', '/b/plain', '/b/junk', "/b/empty")) if $what < 5;
	return $self->link_to($path, 'o' x 4000) if $what == 5;
	if ($what < 10) {
		my $ends = $self->{tame} ? "#!/b/none ok\n" : "#!/b/ok\n"; # of one that is kept running
		my $made = $self->file($path, $d->pick('', "\x7fELF", "#!/b/none\n", "#!\n", $ends, "text\n"));
		$self->{mode}{$path} = $d->pick(0644, 0755, 0755) if $made;
		return $made;
	}
	return $self->no_file($path);
}

sub program
{
	my ($self, $dir, $file, $part) = @_;
	my $d = $self->{dice};
	my $path = "$dir/$file";

	if ($self->is_bad) {
		$self->no_program($path);
	} elsif ($d->percent(12)) {
		$self->file($path, $d->pick("#!/b/$part\n", "#!/b/$part an argument\n", "#! /b/$part %i @ +\n"));
		$self->{mode}{$path} = 0755;
	} else {
		$self->link_to($path, $self->link_text($dir, $part));
	}
}

sub add_words
{
	my ($self, $dir, $file) = @_;
	my $d = $self->{dice};
	my $huge = $d->percent(1) && $d->percent($self->{tame} ? 20 : 40);

	$self->entry("$dir/$file.params", $huge ? \@Values::huge_params : \@Values::params,
		$huge ? \@Values::huge_no_params : \@Values::no_params) if $d->percent(40);
	$self->entry("$dir/$file.env", \@Values::env, \@Values::no_params) if $d->percent(30);
}

sub part_of
{
	my ($self, $kind) = @_;
	my $d = $self->{dice};

	return 'up' if $kind eq 'pool';
	return $d->percent(90) || $self->{tame} ? 'up' : 'ok' if $kind eq 'respawn';
	return $self->{clean} ? 'ok' : $d->pick(qw(ok ok ok ok ok ok ok ok bad boom));
}

sub add_programs
{
	my ($self, $at, $kind, $i) = @_;
	my $d = $self->{dice};
	my $alone = $d->percent(6); # .params and .env without what they are for

	$self->program($at, 'on', $self->part_of($kind)) if $kind ne 'group' && ($kind ne 'pool' || !$d->percent(8));
	$self->add_words($at, 'on') if $kind ne 'group' || $alone;
	my $off = $d->percent($kind eq 'group' ? 4 : 25);
	$self->program($at, 'off', $d->percent(80) ? 'off' : 'bad') if $off;
	$self->add_words($at, 'off') if $off || $alone;
}

# ---- what else a service has ----

sub add_times
{
	my ($self, $at) = @_;
	my $right = $self->{tame} ? \@Values::long_seconds : \@Values::seconds;

	for my $file (qw(delay timeout.on timeout.off)) {
		$self->entry("$at/$file", $right, \@Values::no_seconds) if $self->{dice}->percent(15);
	}
}

sub add_who
{
	my ($self, $at) = @_;
	my $d = $self->{dice};

	$self->entry("$at/user", \@Values::user, \@Values::no_user) if $d->percent(70);
	$self->entry("$at/group", [@Values::user, 'logs', '4300'], \@Values::no_user) if $d->percent(40);
	$self->entry("$at/groups", \@Values::groups, \@Values::no_groups) if $d->percent(40);
}

# Each address is another one, where the tree is to be booted.
sub socket_line
{
	my ($self, $i, $k) = @_;
	my $d = $self->{dice};
	my $line = !$self->{tame} && $d->percent(20) ? $d->pick(@Values::wild_listen) : $d->pick(@Values::listen);
	my $port = 2000 + 40 * $i + $k;

	$line =~ s/\bP\b/$port/;
	$line =~ s/\bU\b/s$i-$k/;
	$line =~ s|/run/|/none/| if $self->is_bad;
	return $line;
}

sub add_sockets
{
	my ($self, $at, $kind, $i) = @_;
	my $d = $self->{dice};
	my $n = $self->is_bad ? $d->pick(0, 31, 32, 33) : 1 + $d->below(4);
	my @lines = map { $self->socket_line($i, $_) } 0 .. $n - 1;

	splice @lines, $d->below(@lines + 1), 0, $d->pick(@Values::no_listen) if $self->is_bad;
	push @lines, $lines[0] if @lines && $self->is_bad;
	push @lines, '' if $d->percent(10);
	$self->entry("$at/listen", [join("\n", @lines) . ($d->percent(85) ? "\n" : '')], ['']);
}

sub add_pool
{
	my ($self, $at) = @_;
	my $d = $self->{dice};
	my $dispatch = $d->percent(50);

	return $self->no_file("$at/pool") if $self->is_bad && $d->percent(30);
	$self->dir("$at/pool");
	$self->value("$at/pool/mode", 'dispatch') if $self->{tame} && $dispatch;
	for my $file (sort keys %Values::pool) {
		$self->entry("$at/pool/$file", $Values::pool{$file}, $Values::no_pool{$file}) if $d->percent(25);
	}
	$self->entry("$at/pool/modules", \@Values::modules, \@Values::no_modules) if $d->percent(8);
	$self->file("$at/pool/" . $d->pick(qw(README minimum mode.old settle)), 'x') if $d->percent(8);
}

# The end of one ends everything, at a moment that is another each time: so only those that
# go on, where a tree is to be booted, and where nothing else is wrong.
sub add_essential
{
	my ($self, $at, $kind) = @_;

	return if $self->{tame} && !($self->{clean} && $kind eq 'respawn');
	$self->entry("$at/essential", \@Values::essential, \@Values::no_essential) if $self->{dice}->percent($self->{tame} ? 15 : 5);
}

# What has no meaning, what has none yet, and names that are nearly one of ours.
sub add_strangers
{
	my ($self, $at) = @_;
	my $d = $self->{dice};

	$self->file("$at/" . $d->pick(qw(README on.old on.param ON needs.old .hidden Delay off.parms respawn~ user.txt)), 'x')
		if $d->percent(10);
	$self->file("$at/" . $d->pick(@Values::odd), 'x') if $d->percent(6);
	if ($d->percent(12)) {
		my $name = $d->pick(sort keys %Values::later);
		$self->entry("$at/$name", $Values::later{$name}, ["\0", "x\r\n", "\xff"]);
	}
	$self->dir("$at/" . $d->pick(@Values::entries)) if $d->percent(6);
	$self->file("$at/" . $d->pick(qw(cgroup if env.d dirs)) . '/' . $d->pick(qw(memory.max env A %i)), "1\n") if $d->percent(6);
	$self->link_to("$at/" . $d->pick(qw(after before conflicts restart-with)) . '/x', "../../init") if $d->percent(5);
}

# ---- edges ----

# The text of a link in $dir to the directory of a service, in one of many ways.
sub way_to
{
	my ($self, $dir, $name) = @_;
	my $d = $self->{dice};
	my $up = '../' x ($dir =~ tr|/||); # to svc/
	my $what = $d->below(9);

	return "$base/svc/$name" if $what < 2;
	return "$base/svc/$name/" if $what == 2;
	return "$up./../svc/./$name" if $what == 3;
	return "$up$name/../" . ($name =~ m|([^/]*)\z|)[0] if $what == 4;
	return "$base//svc/../svc/$name/." if $what == 5;
	return "$up$name";
}

sub no_way
{
	my ($self) = @_;

	return $self->{dice}->pick('nowhere', "$base/svc/none", '/', '/etc', "$base/conf", "$base/svc", '..', '../..', '.',
		'/etc/passwd', '../on', '../../../conf', '/srv/outside', '/srv/back', '%i', '@', 'x' x 4000, '../../none@');
}

sub add_edge
{
	my ($self, $from, $kind, $to) = @_;
	my $d = $self->{dice};
	my $dir = $self->at($from) . "/$kind";
	my $name = $self->{names}[$to];
	my $as = $d->pick($name =~ s|/|-|gr, $name =~ s|.*/||r, "e$to", $d->pick(@Values::odd));

	$as = "e$to" if $as =~ m|/| || length $as > 255;
	$as = "f$to-" . $d->below(1000) if exists $self->{node}{"$dir/$as"};
	if ($self->is_bad && $d->percent($from ? 60 : 20)) {
		my $what = $d->below(8);

		return $self->file("$dir/$as", 'x') if $what == 0;
		return $self->link_to("$dir/.$to", 'nowhere') if $what == 1;
		return $self->put("$dir/$as", 'fifo', '') if $what == 2;
		return $self->link_to("$dir/$as", $self->no_way);
	}
	if (@{$self->{aliases} // []} && $d->percent(10)) {
		return $self->link_to("$dir/$as", "$base/svc/" . $d->pick(@{$self->{aliases}}));
	}
	return $self->link_to("$dir/$as", $self->way_to($dir, $name));
}

# Aliases are made before edges, so that edges may lead through them.
sub choose_aliases
{
	my ($self) = @_;
	my $d = $self->{dice};

	for my $k (0 .. $d->below(3)) {
		my $name = $d->pick("alias$k", "al\@$k", "l%$k");
		my $to = $self->{aliases} && $d->percent(40) ? $self->{aliases}[0] : $d->pick(@{$self->{names}});

		next if !$self->link_to("svc/$name", $d->pick("$base/svc/$to", $to, "./$to/"));
		push @{$self->{aliases}}, $name;
	}
}

# Edges lead on to later services, so that most trees have no cycle; a few lead back.
sub add_edges
{
	my ($self, $i) = @_;
	my $d = $self->{dice};
	my $last = $#{$self->{names}};

	$self->choose_aliases if $i == 0 && $d->percent(50);
	for my $kind (qw(needs wants)) {
		my $dir = $self->at($i) . "/$kind";
		my $n = $i == 0 ? int($last * ($kind eq 'wants' ? 0.7 : 0.4)) + 1 : $d->percent(45) ? 1 + $d->below(3) : 0;

		if ($self->is_bad && $d->percent(15)) {
			$self->no_file($dir);
			next;
		}
		if ($i && $d->percent(2)) {
			$self->link_to($dir, "$base/svc/$self->{names}[$d->below($last + 1)]/needs");
			next;
		}
		for (1 .. $n) {
			my $back = $i && ($i == $last || $d->percent(4) && !$self->{clean});

			next if $i == $last && !$d->percent(10);
			$self->add_edge($i, $kind, $back ? $d->below($i + 1) : $i + 1 + $d->below($last - $i || 1));
		}
		$self->add_inner($dir) if $d->percent(4);
	}
}

# A directory inside needs/ or wants/ is a service by its path.
sub add_inner
{
	my ($self, $dir) = @_;
	my $d = $self->{dice};
	my $name = "$dir/" . $d->pick(qw(inner umask @ %i + nice), 'in ner');

	return if !$self->dir($name);
	$self->program($name, 'on', 'ok');
	$self->add_words($name, 'on');
}

# ---- conf/, aliases, what nobody reaches ----

sub add_links
{
	my ($self) = @_;
	my $d = $self->{dice};

	$self->link_to('svc/outside', '/srv/outside') if $d->percent(6);
	$self->link_to('svc/loop', 'loop') if $d->percent(5);
	$self->file('svc/file', 'x') if $d->percent(6);
	$self->file('svc/' . $d->pick(qw(folder/README .dot/on lone/on %i/x)), 'x') if $d->percent(10);
	$self->program('svc/unreached', 'on', 'ok') if $d->percent(15);
}

sub add_conf
{
	my ($self) = @_;
	my $d = $self->{dice};

	return if $d->percent(15);
	return $self->no_file('conf') if $self->is_bad && $d->percent(20);
	$self->dir('conf');
	for my $file (qw(last panic)) {
		next if !$d->percent(50);
		$self->program('conf', $file, 'ok');
		$self->add_words('conf', $file);
	}
	for my $file (sort keys %Values::conf) {
		# Where it is booted, what is left has no business to be waited for.
		next if !$d->percent(25) || ($self->{tame} && $file eq 'sleep_before_kill');
		$self->entry("conf/$file", $Values::conf{$file}, [@Values::no_seconds[0 .. 8]]);
	}
	$self->file('conf/' . $d->pick(qw(README last.old stop.max sleep_before_kill.README ipc_method)), 'x') if $d->percent(10);
}

# The profile, and who fails and takes how long in the simulation.
sub choose_words
{
	my ($self) = @_;
	my $d = $self->{dice};
	my @names = @{$self->{names}};
	my @runs = @{$self->{runs} // ['none']};

	$self->{profile} = $d->pick('x', 'nope', './init', 'init/', '../conf', '', '.', '..', '/init', "$base/svc/init",
		'alias0', @names) if $d->percent($self->{tame} ? 4 : 8);
	push @{$self->{simulate}}, '--fail', $d->pick(@runs) for 1 .. 1 + $d->below(2);
	push @{$self->{simulate}}, '--time', $d->pick(@runs) . '=' . $d->pick(1, 3, '0.25', 100) for 1 .. 1 + $d->below(2);
	push @{$self->{simulate}}, '--stop', $d->pick(0, 1, '2.5', 50) if $d->percent(50);
}

# The whole tree is not what it should be.
sub spoil
{
	my ($self) = @_;
	my $d = $self->{dice};
	my $what = $d->below(4);
	my ($node) = $self->{node};

	delete @$node{grep { $what == 0 ? m|^svc/init(/\|\z)| : m|^svc(/\|\z)| } keys %$node};
	$self->{inner} = {};
	$node->{svc} = ['file', 'x'] if $what == 2;
	$node->{svc} = ['link', 'svc'] if $what == 3;
}

# ---- on disk ----

# Makes it below a directory that is there.  $back: in the other order, which may be seen in
# what readdir(3) gives, and must not be in what comes of it.
sub make
{
	my ($self, $root, $back) = @_;
	my @paths = sort keys %{$self->{node}};

	for my $path ($back ? reverse @paths : @paths) {
		my ($type, $data) = @{$self->{node}{$path}};
		my $at = "$root/$path";

		make_dirs($root, $type eq 'dir' ? $path : $path =~ s|/?[^/]*\z||r);
		if ($type eq 'file') {
			open my $f, '>:raw', $at or die "$at: $!";
			print $f $data;
			close $f or die "$at: $!";
		} elsif ($type eq 'link') {
			symlink $data, $at or die "$at: $!";
		} elsif ($type eq 'fifo') {
			require POSIX;
			POSIX::mkfifo($at, 0644) or die "$at: $!";
		}
	}
	chmod $self->{mode}{$_}, "$root/$_" for grep { $self->{node}{$_} && $self->{node}{$_}[0] ne 'link' } sort keys %{$self->{mode}};
}

sub make_dirs
{
	my ($root, $path) = @_;

	for my $part (split m|/|, $path) {
		$root .= "/$part";
		mkdir $root, 0755 or $!{EEXIST} or die "$root: $!";
	}
}

1;

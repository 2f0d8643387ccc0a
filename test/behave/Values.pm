# Values.pm - what may stand in the entries of a tree: values that are right, and values
# that are wrong in every way that was thought of.  Owns no randomness and makes no file.
package Values;

use strict;
use warnings;

# ---- names ----

our @plain = qw(a b c d net web db app log/main mount/root mount/root/fsck getty/1 getty/2 x/y/z cron);

our @odd = (
	'%i', '50%', '%s%n', '%%', 'a@b', 'tpl@', 'tpl@x', 'tpl@%i', '@', '@x', '+', '+x', 'a+b', 'x+', 'sp ace',
	' lead', 'trail ', '-dash', "\xc3\xbcml", "b\xffd", "nl\nx", "tab\tx", "del\x7f", "esc\e[31m", "cr\r", '..x',
	'...', '"q"', '\\back', "'q'", '{}', '$HOME', '*', '~', '#h', 'a=b', 'a:b', 'x' x 255, 'y' x 200 . '/' . 'z' x 54,
	'y' x 200 . '/' . 'z' x 55, 'deep/' x 40 . 'end',
);

# Names that are entries, or were to become entries: as directories they are services.
our @entries = qw(
	dir umask nice oom limits no-new-privs log tty cgroup after before conflicts if kill env.d env.files dirs
	stdin stdout stderr caps private landlock pre finish failed reload signal.off restart-with listen.demand
	fdstore overlap retry backoff limit watchdog ready.check alive.check needs.start pool needs wants on.env.d
	timeout.finish pidfile notify mask respawn on off
);

# ---- values: right ones, wrong ones ----

our @seconds = ('5', "10\n", '0', '86400', "7.5\n", '0.001', '007', "12.25\n");
our @long_seconds = ('60', "90\n", '0', '86400', '75.5');
our @no_seconds = (
	'86401', '-1', 'x', '', "\n", "5\n\n", "5\r\n", '1.2345', '.5', '5.', "5\0", "\0" . '5', '0' x 64 . '5', '9' x 65, ' 5',
	'5 ', '+5', '1e3', '0x5', '5s', "5\n6\n", '99999999999999999999', "\xff", '5,5', '1.5.5', '%i', '@5',
);

our @essential = ('', 'exit', "success\n", "failure TERM=0\n", "3=0 4=1\n", 'SIGKILL=9', "  exit  \n\n", "exit\t0=7");
our @no_essential = (
	'3=0 3=1', 'exit success', 'foo', '256=1', '1=256', "\0", 'a' x 4096, "exit\r\n", '=', '=1', '1=', 'TERM', 'NOSUCH=1',
	'%i', '@', '+exit', '-1=0',
);

our @ready = ("fd 3\n", 'fd 5', "fd 63\n", 'fd 40');
our @no_ready = (
	'fd 64', 'fd 2', 'fd', 'fd ', 'notify', "check\n", '', "\n", 'alive 5', "fd 3\r\n", 'fd  4', 'fd -3', 'fd 3x', "fd 3\n\n",
	"fd 3\0", 'FD 3', 'port 80', 'f' x 70, 'fd 0000000000000000000000000000000000000000000000000000000000004',
	'notify abstract', 'fd 5 NAME', 'fd +5', '%i',
);

our @user = ('root', "web\n", 'alone', '4001', '0', '0123', "4294967294\n", '4001');
our @no_user = (
	'nosuch', '4294967295', '99999999999999999999', 'a b', 'a:b', '', "\n", "web\r\n", "web\n\n", "web\0x", ' web', "w\teb",
	'u' x 64, 'u' x 65, '%i', '@web', '+web', '-1', "\xc3\xbc", '4711', '0x1', 'wëb',
);
our @groups = ("logs\nmedia\n", '', '4300', "\n\nweb\n", "logs\n4400\n", "0\n");
our @no_groups = (
	"nosuch\n", "logs\nno such\n", "logs\r\n", join("\n", 5000 .. 5063) . "\n", join("\n", 5000 .. 5064) . "\n", "logs\0\n",
	'4294967295', ' logs', "%i\n", "@\n", "+logs\n", 'g' x 300,
);

our @listen = (
	'tcp 127.0.0.1:P', 'udp 127.0.0.1:P', 'tcp *:P', 'udp *:P', 'unix /run/U', 'unix /run/U 0600', 'unix-dgram /run/U 777',
	'unix /run/U  0', 'tcp  0.0.0.0:P', ' unix /run/U.s+x%i@y ',
);
our @wild_listen = ('tcp [::1]:80', 'tcp [::]:443', 'tcp 1.2.3.4:65535', 'unix ' . '/' . 'p' x 106);
our @no_listen = (
	'tcp', 'tcp ', 'tcp 80', 'tcp localhost:80', 'tcp :80', 'tcp *:0', 'tcp *:65536', 'tcp *:x', 'tcp *:', 'tcp ::1:80',
	'tcp [::1:80', 'tcp [x]:80', 'tcp [127.0.0.1]:80', 'tcp 1.2.3:80', 'tcp 1.2.3.4.5:80', 'tcp 256.1.1.1:80', 'tcp *:80 x',
	'sctp *:80', 'TCP *:80', 'unix', 'unix relative', 'unix @abstract', 'unix /run/', 'unix /' . 'p' x 107, 'unix /run/x 8',
	'unix /run/x 01000', 'unix /run/x 00600', 'unix /run/x 0600 y', "tcp *:80\r", "tcp *:80\0", "unix /run/a\0b", '#tcp *:80',
	"tcp\t*:80", 'unix /run/x -1', '%i', 'tcp *:%i', '+tcp *:80', 'tcp *:-1', 'unix %i', "tcp \xff:80",
);

# What execve() has to be given: to the byte.
our @params = (
	"one\n", "one\ntwo\n", "\n", '', "no newline", "\n\nx\n\n", " sp  ace \n\ttab\n", "\"q\" 'q' \$HOME \\ *\n", "-v\r\n",
	"%i\n%n\n%%\n%s\n", "\@\nx\@y\n", "+\n+x\n", "#c\n", "\x01\x7f\e[0m\n", "\xc3\xa4\xff\n", "a=b\n", 'l' x 5000 . "\n",
	join("\n", 1 .. 300) . "\n", "\r", "\r\n\r\n", "a\rb\n",
);
our @huge_params = ('h' x 131071, "\n" x 65536, 'k' x 1048576);
our @no_params = ("nul\0x\n", "\0", "a\n\0");
our @huge_no_params = ('h' x 131072, "\n" x 65537, 'm' x 1048577);

our @env = (
	"A=1\n", "A=1\nB=2\n", '', "\n", "PATH=/b\nHOME=/\n", "A=1\nA=2\n", "noequals\n", "=x\n", "A=\n", "\n\nA=1\n\nB=2",
	"A=1\r\n", "CINIT_SERVICE=spoof\nCINIT_PROFILE=p\n", "LISTEN_FDS=9\nLISTEN_PID=1\nLISTEN_FDNAMES=x\n",
	"CINIT_READY_FD=2\nCINIT_CONTROL_FD=2\nCINIT_PID=1\n", "CINIT_RANK=7\nCINIT_STATUS_FD=2\nCINIT_KEEPALIVE=1\n",
	"+\nA=1\n", "+A=1\n", "A+=1\n", "%i=%n\nA=%i\n", "\@=x\nA=x\@y\n", "A=\xff\x01\n", "A B=c d\n", "#A=1\n",
	'V=' . 'v' x 3000 . "\n", "NOTIFY_SOCKET=/x\nCINIT_TOKEN=t\n",
);

our %pool = (
	min => ['1', "2\n", '3'], max => ['3', "4\n", '10'], idle => ['3', "4\n"], 'idle.time' => ['60', "0\n", '1.5'],
	requests => ['1000', "0\n", '1000000000'], mode => ['share', "share\n", 'dispatch', "dispatch\n"],
	timeout => ['0', "60\n", '30.5'], keepalive => ['5', "0\n", '2.5'],
);
our %no_pool = (
	min => ['0', '257', '-1', 'x', '', "1\n\n", "2\r\n", '11', '1' . '0' x 70, '%i', '+1'], max => ['0', '257', 'ten', '', "\0"],
	idle => ['0', '300', '1.5', ''], 'idle.time' => ['x', '-1', '86401', ''], requests => ['1000000001', '-1', 'x', ''],
	mode => ['', 'Share', "share\r\n", 'both', 'dispatch ', "x\0"], timeout => ['x', '86401', ''], keepalive => ['x', '', '5 5'],
);
our @modules = ("/b/none.so\n", "lib/none.so a=1 b=2\n", "none.so\n/b/none.so x=%i\n", "\n /b/none.so  a=\n\n");
our @no_modules = ('', "\n", "  \n", "a.so =x\n", "a.so word\n", "a.so\0\n", 'm' x 8192, "a.so a=1 +\n");

our %later = (
	dir => ['.', '/tmp', "sub\n", '%i', ''], umask => ['022', "0777\n", '8', ''], nice => ['5', "-20\n", '99', 'x'],
	oom => ['-1000', "500\n", 'x'], limits => ["nofile 65536\n", "core 0 unlimited\n", "x\n", ''], 'no-new-privs' => ['', 'x'],
	'ready.check' => [''], 'signal.off' => ['TERM 10 INT 5 KILL'], backoff => ['1 2 30', 'runtime 30'], log => ['', "file\n"],
	tty => ["tty1\n"], kill => ['all', "main group\n"], retry => ['3'], limit => ['5 60'], stdin => ['null'],
	'env.files' => ["-/etc/x\n"], caps => ["+net_bind_service\n"], private => ["tmp\n"], pidfile => ["/run/x.pid\n"],
	'listen.demand' => ['60'], watchdog => ['5'], fdstore => ['3'], overlap => [''], reload => ['HUP'], mask => [''],
);

our %conf = (
	sleep_before_kill => ['2', "0.5\n", '0', '7'], hostname => ['host', "name.x\n", 'two' . "\n" . 'lines', '', 'h' x 65, "a\r\n"],
	sysctl => ["a.b = 1\n", "\n#x\n", "a\0b\n", ''], watchdog => ['10', "30 /dev/x\n", '0', 'x', '10 dev', '86401', ''],
	ipc_group => ["web\n", 'nosuch', '4100', '', 'a b'],
);

1;

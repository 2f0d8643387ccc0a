#!/usr/bin/env bats
# runs: apart
#
# make, as a person uses it: help, install and uninstall, what is refused and how.
#
# shellcheck disable=SC2154

load lib

# A copy of the sources, in which make starts from nothing.
setup()
{
	unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES IPC ROUND ALL CC CFLAGS
	copy=$BATS_TEST_TMPDIR/copy dest=$BATS_TEST_TMPDIR/dest
	mkdir "$copy"
	cd "$TOP" || return
	cp -a Makefile conf ipc src client test "$copy/"
	cd "$copy" || return
}

# built_like DIR: what was built there is build/ of the copy.
built_like()
{
	cp -a "$1" build
	rm -rf build/*/test build/test
	sed -i 's/^O=.*/O=build/' build/words
}

# Everything below DIR, with times.
everything() { find "$1" -printf '%p %y %s %T@ %l\n' | sort; }

# compiles_nothing MAKE-WORD...
compiles_nothing()
{
	run -0 make "$@"
	! grep -E '^  (CC|LINK|AR) ' <<<"$output" || fail "it was built again"
}

# refuses SENTENCE MAKE-WORD...: in one line, without doing anything.
refuses()
{
	local before
	before=$(everything .)
	run -2 --separate-stderr make "${@:2}"
	[[ $stderr == "Makefile:"[0-9]*": *** $1.  Stop." ]] || fail "said: $stderr"
	same "done" "$output$(everything .)" "$before"
	[ ! -e "$dest" ]
}

@test "help names every target and word that a person needs, and nothing else" {
	local word target phony
	run -0 make help
	for word in STATIC CC CFLAGS IPC B V DEV PREFIX DESTDIR ROUND ALL TESTS TREE SEEDS BENCH; do
		grep -qE "(^|[ ;,])$word(=|,)" <<<"$output" || fail "not there: $word"
	done
	# what only other targets need
	phony=$(make -pnq 2>/dev/null | sed -n 's/^\.PHONY: //p' | tr ' ' '\n' | grep -vxE \
		'all|changed|no-compiler|tools|methods|static|static-own|asan|valgrind|(engine-)?tests|[a-z-]*-programs|vm-[a-z]*')
	[ -n "$phony" ]
	for target in $phony; do
		grep -qE "^make $target( |$)" <<<"$output" || fail "not there: make $target"
	done
	for target in $(sed -n 's/^make \([a-z-]*\).*/\1/p' <<<"$output"); do
		grep -qx "$target" <<<"$phony" || fail "there is no target $target"
	done
}

@test "make -n changes nothing" {
	mkdir build
	echo other | tee build/flags >build/method
	printf '%s\n' IPC=shm CC=cc O=build >build/words
	everything . >"$BATS_TEST_TMPDIR/before"
	run make -n all tools test lint proof-ipc bench fuzz vm install install-names uninstall clean IPC=shm
	[[ $output == *$'\nrm -rf build' ]] || fail "it did not come to the end: ${output: -1000}"
	everything . | diff "$BATS_TEST_TMPDIR/before" -
	rm -r build
	make -n install >/dev/null
	[ ! -e build ]
}

@test "what nobody has built, install builds, with the words that are said, and needs them no more" {
	run -0 make -j2 install CFLAGS=-O0 HARDEN= IPC=shm DESTDIR="$dest" PREFIX=/usr
	has "$output" "  LINK  build/cinit"
	"$dest/usr/sbin/cinit" -V | grep -F "(ipc: shm)"
	cmp build/cinit "$dest/usr/sbin/cinit"
	rm -r "$dest"
	compiles_nothing install DESTDIR="$dest"
	cmp build/cinit "$dest/usr/local/sbin/cinit"
	# what has changed since is built again, with those words
	touch client/halt.c
	run -0 make install V=1 DESTDIR="$dest"
	same compiled "$(grep -oE ' -O0 .* -c -o build/obj/[a-z/]*\.o' <<<"$output" | grep -oE '[a-z/]*\.o')" build/obj/client/halt.o
}

@test "install installs the static programs that were built, without a word" {
	built_like "$BUILD/static"
	compiles_nothing install DESTDIR="$dest"
	cmp "$BUILD/static/cinit" "$dest/usr/local/sbin/cinit"
	rm -r "$dest"
	compiles_nothing install STATIC=1 CC=musl-gcc CFLAGS=-Os DESTDIR="$dest"
	cmp "$BUILD/static/cinit" "$dest/usr/local/sbin/cinit"
}

@test "install refuses words that build/ was not made with" {
	built_like "$BUILD/static"
	local end="is said: leave that out, or make it so before, after \`make clean'"
	refuses "build/ was made with CFLAGS='-Os', and CFLAGS='-O3' $end" install CFLAGS=-O3 DESTDIR="$dest"
	refuses "build/ was made with STATIC='1', and STATIC='' $end" install STATIC= DESTDIR="$dest"
	refuses "build/ was made with CC='musl-gcc', and CC='clang' $end" install-names CC=clang DESTDIR="$dest"
	CFLAGS=-O2 refuses "build/ was made with CFLAGS='-Os', and CFLAGS='-O2' $end" install DESTDIR="$dest"
	sed -i 's/^IPC=.*/IPC=fifo/' build/words
	refuses "build/ was made with IPC='fifo', and IPC='msq' $end" install IPC=msq DESTDIR="$dest"
}

@test "uninstall takes away what install put there, and nothing else" {
	built_like "$BUILD/static"
	mkdir -p "$dest/usr/sbin" "$dest/usr/include/cinit"
	ln -s other "$dest/usr/sbin/reboot"
	: >"$dest/usr/include/cinit/own.h"
	make install DESTDIR="$dest" PREFIX=/usr
	[ "$(readlink "$dest/usr/sbin/reboot")" = other ]
	make uninstall DESTDIR="$dest" PREFIX=/usr
	same "left" "$(cd "$dest" && find . ! -type d | sort)" "./usr/include/cinit/own.h
./usr/sbin/reboot"
	rm "$dest/usr/include/cinit/own.h"
	make install-names DESTDIR="$dest" PREFIX=/usr
	[ "$(readlink "$dest/usr/sbin/reboot")" = cinit.halt ]
	make uninstall DESTDIR="$dest" PREFIX=/usr
	same "left" "$(cd "$dest" && find . ! -type d)" ""
	[ ! -e "$dest/usr/include/cinit" ]
	make uninstall DESTDIR="$dest" PREFIX=/usr # nothing is there, and that is well
}

@test "a word that is not an IPC method is refused in one line, blanks and two words too" {
	local word
	for word in ' shm' 'shm ' 'fifo msq' 'fifo fifo' '' ' ' '%' ipx common; do
		echo "$word" >conf/ipc_method
		refuses "conf/ipc_method: '$word': not one of: fifo msq shm socket"
	done
	for word in 'fifo msq' ipx ''; do
		refuses "IPC: '$word': not one of: fifo msq shm socket" "IPC=$word"
	done
	for word in fifo msq shm socket; do
		echo "$word" >conf/ipc_method
		run -0 make -n
	done
}

@test "a compiler that is not there is a sentence that names its package" {
	local program
	mkdir "$BATS_TEST_TMPDIR/bin"
	for program in make sh cat find mkdir git cc; do
		ln -s "$(command -v "$program")" "$BATS_TEST_TMPDIR/bin/"
	done
	PATH=$BATS_TEST_TMPDIR/bin run -2 make -j2 STATIC=1 CC=musl-gcc
	same "said" "${lines[0]}" "make: there is no musl-gcc here; it is in the package musl-tools (Debian, Ubuntu), musl-gcc (Fedora) or musl (Arch)"
	same "else" "$(grep -v '^make: \*\*\*' <<<"$output")" "${lines[0]}"
	PATH=$BATS_TEST_TMPDIR/bin run -2 make CC=gcc-0
	same "said" "${lines[0]}" "make: there is no gcc-0 here"
}

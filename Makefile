# cinit: build, run, test.  `make help` names the targets.
#
#   make DEV=1            warnings are errors
#   make STATIC=1 CC=musl-gcc
#   make IPC=socket       instead of the word in conf/ipc_method
#   make B=DIR            objects and programs there instead of build/
#   make B=DIR O=DIR      the objects that are the same for all IPC methods elsewhere
#   make V=1              show the commands

B       ?= build
O       ?= $(B)
PREFIX  ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
LIBDIR  ?= $(PREFIX)/lib
INCDIR  ?= $(PREFIX)/include
MANDIR  ?= $(PREFIX)/share/man
IPC     ?= $(shell cat conf/ipc_method)
METHODS := $(notdir $(patsubst %/ipc.h,%,$(wildcard ipc/*/ipc.h)))
ifeq ($(filter $(IPC),$(METHODS)),)
$(error conf/ipc_method: '$(IPC)': not one of: $(METHODS))
endif

VERSION := 0.1
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum -Wvla \
        -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wundef \
        -Wformat=2 -Wcast-qual
CFLAGS  ?= -O2 -g
HARDEN  ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. -Iclient -Isrc/pool $(WARN) $(HARDEN) $(CFLAGS) $(EXTRA)
ifdef DEV
EXTRA   += -Werror
endif
ifdef STATIC
# A client that asks once and ends spends more on page faults than on asking: so
# variables stand together (sorted by name, libc's beside ours), frames stay small,
# and no page is set apart to be protected after relocation, of which there is none
# (musl's static programs never do that).
RELRO   = $(if $(findstring musl,$(CC)),norelro,relro)
LINK    = -static -Wl,-z,$(RELRO),-z,now -Wl,-z,noseparate-code -Wl,--gc-sections $(SORT)
SORT    = -Wl,--sort-section=name
EXTRA   += -ffunction-sections -fdata-sections -fno-pie -fno-asynchronous-unwind-tables \
           $(if $(findstring clang,$(CC)),,-fconserve-stack)
else
LINK    = -pie -Wl,-z,relro,-z,now
EXTRA   += -fPIE
endif

OBJCOPY ?= objcopy
Q   := $(if $(V),,@)
SAY := @echo

# What each program is made of.  Arrows go one way: engine <- tree <- launch <- shell <- main;
# client -> ipc; test/00-layers.bats checks it.
COMMON  := ipc/text ipc/words
ENGINE  := $(basename $(wildcard src/engine/*.c))
TREE_   := $(basename $(wildcard src/tree/*.c))
LAUNCH  := $(basename $(wildcard src/launch/*.c))
SHELL_  := $(basename $(wildcard src/shell/*.c src/machine/*.c))
SINGLE  := $(basename $(wildcard src/single/*.c))
FILES   := $(addprefix src/tree/,file lines table address pool_conf)
CHECK   := $(basename $(wildcard src/check/*.c))
IPC_ALL := $(basename $(wildcard ipc/*.c))
IPC_FEW := $(filter-out ipc/server ipc/check ipc/watch,$(IPC_ALL))
SERVER  := ipc/$(IPC)/server
CLIENT  := ipc/$(IPC)/client
LIBRARY := $(IPC_FEW) $(CLIENT) $(basename $(wildcard client/lib/*.c))

LOAD_OBJ  := $(TREE_) $(LAUNCH)
TREE_OBJ  := $(ENGINE) $(LOAD_OBJ)
CINIT_OBJ := $(IPC_ALL) $(TREE_OBJ) $(SHELL_) $(SINGLE) $(SERVER) src/main
CHECK_OBJ := $(IPC_FEW) $(TREE_OBJ) $(CHECK)
# The manager of pools is a program of its own, and so is what makes a worker of anything.
# A static one cannot load modules.
TAKE_OBJ  := ipc/text src/pool/take
HOST      := $(addprefix src/pool/,host modules call serve walk)
NO_HOST   := src/pool/host_none
POOL_OBJ  := ipc/text ipc/words ipc/record ipc/pool ipc/signal_name $(FILES) $(LAUNCH) \
             $(filter-out src/pool/take $(if $(STATIC),$(HOST),$(NO_HOST)),$(basename $(wildcard src/pool/*.c)))
ENDS      := client/halt client/end client/shutdown client/wall
SVC_OBJ   := $(LIBRARY) $(filter-out $(ENDS),$(basename $(wildcard client/*.c)))
HALT_OBJ  := $(LIBRARY) $(ENDS) client/ask

PROGRAMS := cinit cinit.svc cinit.check cinit.halt cinit.pool cinit.take
HALT_LINKS := cinit.poweroff cinit.reboot cinit.shutdown cinit.switch

all: $(PROGRAMS:%=$(B)/%) $(HALT_LINKS:%=$(B)/%) $(B)/libcinit.a

# What knows the method is compiled for each; all else once, for all of them.
KNOWS_METHOD := src/main src/shell/loop src/check/main client/lib/% ipc/$(IPC)/% \
                test/tools/ipc-% test/tools/pool-kill test/$(IPC)/% test/bench/ipc/asker
objects = $(patsubst %,$(B)/own/%.o,$(filter $(KNOWS_METHOD),$(1))) \
          $(patsubst %,$(O)/obj/%.o,$(filter-out $(KNOWS_METHOD),$(1)))
link = @mkdir -p $(@D) && echo "  LINK  $@" && $(CC) $(ALL_CFLAGS) $(LINK) $(LDFLAGS) $(SCRIPT) -o $@ $(filter %.o,$^)

# What is needed together lies together, and is let go of together.
$(B)/cinit: SCRIPT := -Wl,-T,src/cinit.ld
$(B)/cinit: src/cinit.ld
$(B)/cinit: $(call objects,$(CINIT_OBJ)); $(link)
$(B)/cinit.svc: $(call objects,$(SVC_OBJ)); $(link)
$(B)/cinit.check: $(call objects,$(CHECK_OBJ)); $(link)
$(B)/cinit.halt: $(call objects,$(HALT_OBJ)); $(link)
$(B)/cinit.pool: $(call objects,$(POOL_OBJ)); $(link)
$(B)/cinit.take: $(call objects,$(TAKE_OBJ)); $(link)
$(HALT_LINKS:%=$(B)/%): $(B)/cinit.halt; ln -sf cinit.halt $@

# For programs of others: one object, in which only what the header offers is visible.
$(B)/libcinit.a: $(call objects,$(LIBRARY))
	$(SAY) "  AR    $@"
	$(Q)$(LD) -r -o $(B)/libcinit.o $^ && $(OBJCOPY) -w --keep-global-symbol='cinit_*' $(B)/libcinit.o
	$(Q)rm -f $@ && $(AR) rcs $@ $(B)/libcinit.o

# The flags are part of what an object is made of.
FLAGS := $(CC) $(ALL_CFLAGS) $(LINK) $(LDFLAGS)
note = $(shell mkdir -p $(dir $(1)); echo '$(2)' | cmp -s - $(1) || echo '$(2)' > $(1))
$(foreach d,$(sort $(O) $(B)),$(call note,$(d)/flags,$(FLAGS)))
$(call note,$(B)/method,$(IPC))

define compile
	@mkdir -p $(@D)
	$(SAY) "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -DCINIT_VERSION='"$(VERSION)"' $(1) -MMD -MP -c -o $@ $<
endef
$(O)/obj/%.o: %.c $(O)/flags
	$(call compile,)
$(B)/own/%.o: %.c $(B)/flags $(B)/method
	$(call compile,-DCINIT_IPC_METHOD='"$(IPC)"' -DCINIT_IPC_HEADER='"ipc/$(IPC)/ipc.h"')

# Where the programs will be, for one that starts another.
$(O)/obj/src/shell/beside.o: EXTRA += -DCINIT_SBINDIR='"$(SBINDIR)"'

-include $(shell find $(O)/obj $(B)/own -name '*.d' 2>/dev/null)

# ---- tests ----

# The engine is pure, so its tests need nothing but a compiler.  Each is compiled
# whole, with the engine: the explorer takes a third less time that way.
ENGINE_TESTS := sim explore transitions adopt
ENGINE_SRC   := $(COMMON:%=%.c) $(ENGINE:%=%.c) $(wildcard test/engine/lib/*.c)
ENGINE_DEPS  := $(ENGINE_SRC) $(wildcard src/limits.h src/engine/*.h test/engine/lib/*.h ipc/*.h) $(O)/flags
LTO          := $(if $(findstring clang,$(CC)),,-flto=auto)
$(ENGINE_TESTS:%=$(B)/test/engine/%): $(B)/test/engine/%: test/engine/%.c $(ENGINE_DEPS)
	@mkdir -p $(@D) && echo "  WHOLE $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LTO) $(LINK) -o $@ $< $(ENGINE_SRC)

# The rules of pools are as pure.  The explorer's pools are small, so that rows run out.
POOL_TESTS := sim explore transitions speed
RULES_SRC  := $(wildcard src/pool/rules*.c test/pool/lib/*.c)
RULES_DEPS := $(RULES_SRC) $(wildcard src/pool/rules*.h test/pool/lib/*.h test/engine/lib/*.h) $(O)/flags
$(B)/test/pool/explore: SMALL := -DPOOL_MAX=3
$(POOL_TESTS:%=$(B)/test/pool/%): $(B)/test/pool/%: test/pool/%.c $(RULES_DEPS)
	@mkdir -p $(@D) && echo "  WHOLE $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(SMALL) $(LTO) $(LINK) -o $@ $< $(RULES_SRC)
engine-tests: $(ENGINE_TESTS:%=$(B)/test/engine/%) $(POOL_TESTS:%=$(B)/test/pool/%) $(call objects,$(basename $(wildcard src/pool/rules*.c)))

# Small programs that tests run as services and clients: test/tools/NAME.c each.
TOOLS := $(basename $(notdir $(wildcard test/tools/*.c)))
$(foreach t,$(TOOLS),$(eval $(B)/test/$(t): $(call objects,$(IPC_FEW) $(CLIENT) test/tools/$(t)); $$(link)))
# Those of one method alone are in test/METHOD/.
OWN := $(basename $(notdir $(wildcard test/$(IPC)/*.c)))
$(foreach t,$(OWN),$(eval $(B)/test/$(t): $(call objects,$(IPC_FEW) $(CLIENT) test/$(IPC)/$(t)); $$(link)))
$(B)/test/ipc-storm: $(call objects,test/fuzz/shape)
$(B)/test/ids-unit: $(call objects,$(FILES) $(LAUNCH))
$(B)/test/listen-unit: $(call objects,$(FILES) $(LAUNCH))
$(B)/test/tree-carry: $(call objects,$(TREE_OBJ))
# Workers, as an example and for tests.
WORKERS := echo http
$(foreach t,$(WORKERS),$(eval $(B)/example/$(t): $(call objects,src/pool/example/$(t)); $$(link)))
# Modules are objects that are loaded, so a static build has none.
MODULES := $(if $(STATIC),,example/registrar $(addprefix test/modules/,trace other abi unresolved none))
module   = @mkdir -p $(@D) && echo "  MODULE $@" && $(CC) $(ALL_CFLAGS) -fPIC -shared $(LDFLAGS) -o $@ $<
MODULE_H := src/pool/cinit/module.h $(O)/flags
$(B)/example/%.so: src/pool/example/%.c $(MODULE_H); $(module)
$(B)/test/modules/other.so: test/modules/trace.c $(MODULE_H); $(module) -DNAME='"other"'
$(B)/test/modules/%.so: test/modules/%.c $(MODULE_H); $(module)
tools: $(TOOLS:%=$(B)/test/%) $(OWN:%=$(B)/test/%) $(WORKERS:%=$(B)/example/%) \
       $(MODULES:%=$(B)/%.so) $(B)/test/bench/asker

# Fuzzing the record: the common server half, requests, loader and engine as they
# are, on a method and a machine without a medium.
FUZZ_SHELL := $(addprefix src/shell/,requests services board reload essential relay plugs sockets \
              outfit)
FUZZ_PARTS := $(filter-out test/fuzz/sweep test/fuzz/record,$(basename $(wildcard test/fuzz/*.c)))
FUZZ_OBJ   := $(sort $(LIBRARY) $(IPC_ALL)) $(TREE_OBJ) $(FUZZ_SHELL) client/show client/show_pool $(FUZZ_PARTS)
FUZZ_WRAP  := -Wl,--wrap=record_now_ms -Wl,--wrap=cinit_ipc_request
$(B)/test/fuzz/sweep $(B)/test/fuzz/record: LDFLAGS += $(FUZZ_WRAP)
$(B)/test/fuzz/record: LDFLAGS += -fsanitize=fuzzer
$(B)/test/fuzz/sweep: $(call objects,$(FUZZ_OBJ) test/fuzz/sweep); $(link)
$(B)/test/fuzz/record: $(call objects,$(FUZZ_OBJ) test/fuzz/record); $(link)
fuzz-programs: $(B)/test/fuzz/sweep $(O)/obj/test/fuzz/record.o

OTHERS := $(filter-out $(IPC),$(METHODS))

# The same sources built otherwise, each in a directory of its own.
STATIC_FLAGS := STATIC=1 CC=musl-gcc CFLAGS='-Os'
ASAN_FLAGS   := CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' HARDEN=
VALGRIND_FLAGS := CFLAGS='-O1 -g -DSPAWN_FORK' HARDEN=
static: static-own $(OTHERS:%=static-%)
static-own:; $(Q)$(MAKE) --no-print-directory $(STATIC_FLAGS) B=$(B)/static all tools
static-%: static-own
	$(Q)$(MAKE) --no-print-directory $(STATIC_FLAGS) IPC=$* B=$(B)/static/$* O=$(B)/static all
asan:;     $(Q)$(MAKE) --no-print-directory $(ASAN_FLAGS) B=$(B)/asan all tools fuzz-programs
valgrind:; $(Q)$(MAKE) --no-print-directory $(VALGRIND_FLAGS) B=$(B)/valgrind all tools

# All IPC methods are always built; the others beside the one that was chosen.
methods: $(OTHERS:%=method-%)
method-%: all tools; $(Q)$(MAKE) --no-print-directory IPC=$* B=$(B)/$* O=$(B) all tools

setup:
	@test/setup.sh

# Every bats file with the plain build; those that run the supervisor again with
# the sanitizers, statically linked, and under valgrind.
test-programs: all tools engine-tests static asan valgrind methods bench-ipc-programs bench-pool-programs vm-images
test: setup
	$(Q)$(MAKE) --no-print-directory -j$(shell nproc) test-programs
	@CINIT_BUILD=$(abspath $(B)) test/run.sh $(TESTS)

# What every IPC method has to keep, with the full counts.
proof-ipc: setup all tools methods
	@CINIT_BUILD=$(abspath $(B)) CINIT_PROOF=full test/run.sh --methods 43-conformance.bats
	@for m in . $(OTHERS); do CINIT_BUILD=$(abspath $(B))/$$m CINIT_PROOF=full \
	    test/run.sh --shared 41-svc.bats 46-everywhere.bats || exit 1; done

# A machine: Debian's kernel in qemu, with an initramfs of ours; see test/vm/.
VM_TOOLS := $(basename $(notdir $(wildcard test/vm/*.c)))
$(foreach t,$(VM_TOOLS),$(eval $(B)/test/vm-$(t): $(call objects,test/vm/$(t)); $$(link)))
vm-programs: all $(VM_TOOLS:%=$(B)/test/vm-%)
VM_METHODS := $(OTHERS:%=vm-initrd-%)
vm-kernel:; $(Q)test/vm/kernel.sh $(B)/vm/kernel
vm-initrd-%: vm-image static-%
	$(Q)$(MAKE) --no-print-directory $(STATIC_FLAGS) IPC=$* B=$(B)/static/$* O=$(B)/static vm-programs
	$(Q)test/vm/image.sh $(B)/static/$* $(B)/vm/kernel $(B)/vm/initrd-$*
vm-image: vm-kernel static
	$(Q)$(MAKE) --no-print-directory $(STATIC_FLAGS) B=$(B)/static vm-programs
	$(Q)test/vm/image.sh $(B)/static $(B)/vm/kernel $(B)/vm/initrd
	$(Q)test/vm/accel.sh $(B)/vm
vm-images: vm-image $(VM_METHODS)
vm: setup vm-image
	@test/vm/play.sh $(B)/vm
proof-vm: setup vm-image
	@CINIT_VM=$(abspath $(B)/vm) test/vm/proof.sh

bench-vm: setup vm-image
	@test/vm/bench.sh $(B)/vm $(RUNS)

# Measured static, with musl: a shared libc's start-up hides everything else.
BENCH_MAIN := $(filter-out tick true ask,$(basename $(notdir $(wildcard test/bench/*.c))))
$(B)/test/bench/bench: $(call objects,$(BENCH_MAIN:%=test/bench/%)); $(link)
$(foreach t,tick true ask,$(eval $(B)/test/bench/$(t): $(call objects,test/bench/$(t)); $$(link)))
bench-programs: all $(addprefix $(B)/test/bench/,bench tick true ask)
bench:
	$(Q)$(MAKE) --no-print-directory $(STATIC_FLAGS) B=$(B)/static bench-programs
	B=$(B)/static test/bench/run.sh $(BENCH)

# The four IPC methods beside each other, and beside their bare mechanisms.
BENCH_IPC := $(addprefix test/bench/,util proc samples tree) $(basename $(filter-out %/asker.c,$(wildcard test/bench/ipc/*.c)))
ASKER     := $(addprefix test/bench/,util ipc/load ipc/asker)
$(B)/test/bench/bench-ipc: $(call objects,$(BENCH_IPC)); $(link) -lm
$(B)/test/bench/asker: $(call objects,$(IPC_FEW) $(CLIENT) $(ASKER)); $(link)
bench-ipc-programs: $(addprefix $(B)/test/bench/,bench-ipc tick true)
bench-method-%:; $(Q)$(MAKE) --no-print-directory $(STATIC_FLAGS) IPC=$* B=$(B)/bench-ipc/$* all $(B)/bench-ipc/$*/test/bench/asker
bench-ipc: $(METHODS:%=bench-method-%)
	$(Q)$(MAKE) --no-print-directory $(STATIC_FLAGS) B=$(B)/bench-ipc bench-ipc-programs
	$(B)/bench-ipc/test/bench/bench-ipc --svg $(B)/bench-ipc.svg $(BENCH) $(foreach m,$(METHODS),$(m)=$(B)/bench-ipc/$(m))
# A pool's workers beside processes that accept by themselves.
BENCH_POOL := $(addprefix test/bench/,util proc samples) $(basename $(wildcard test/bench/pool/*.c))
$(B)/test/bench/bench-pool: $(call objects,$(BENCH_POOL)); $(link)
bench-pool-programs: all tools $(B)/test/bench/bench-pool
bench-pool:
	$(Q)$(MAKE) --no-print-directory $(STATIC_FLAGS) B=$(B)/static bench-pool-programs
	$(B)/static/test/bench/bench-pool --bin $(B)/static $(BENCH)
# A thousand workers of a pool killed one after the other, under load; and all else there.
proof-pool: setup all tools
	@CINIT_BUILD=$(abspath $(B)) CINIT_KILLS=1000 CINIT_PATIENCE=120 test/run.sh 83-pool-load.bats

# Many orphans dying at once, ten times, beside tini and runit where they are.
proof-orphans: setup static
	test/orphans.sh $(B)/static $(or $(ORPHANS),20000) $(or $(ROUNDS),10)

sim: $(B)/test/engine/sim $(B)/test/pool/sim
	$(B)/test/engine/sim --seeds $(or $(SEEDS),10000)
	$(B)/test/pool/sim --seeds $(or $(SEEDS),10000)

explore: $(B)/test/engine/explore $(B)/test/pool/explore
	$(B)/test/engine/explore
	$(B)/test/pool/explore

mutants:
	test/engine/mutants.sh engine
	test/engine/mutants.sh pool

bench-rules: $(B)/test/pool/speed
	$(B)/test/pool/speed

# For ever, or FUZZ_SECONDS; what it finds interesting is kept in $(B)/fuzz/corpus.
LIBFUZZER_FLAGS := CC=clang HARDEN= CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer'
fuzz:
	$(Q)$(MAKE) --no-print-directory $(LIBFUZZER_FLAGS) B=$(B)/fuzz $(B)/fuzz/test/fuzz/record \
	    $(B)/fuzz/test/fuzz/sweep
	mkdir -p $(B)/fuzz/corpus
	$(B)/fuzz/test/fuzz/sweep corpus $(B)/fuzz/corpus
	$(B)/fuzz/test/fuzz/record -max_len=8192 -timeout=10 $(if $(FUZZ_SECONDS),-max_total_time=$(FUZZ_SECONDS)) \
	    -artifact_prefix=$(B)/fuzz/ $(B)/fuzz/corpus

# 10^8 records in process, 10^6 through a supervisor of each method, all of it under the
# sanitizers; then the whole of what `make test` samples of shm.
FUZZ_RECORDS ?= 100000000
HALF = $$(($(FUZZ_RECORDS) / 2))
asan-%:; $(Q)$(MAKE) --no-print-directory $(ASAN_FLAGS) IPC=$* B=$(B)/asan-$* all tools fuzz-programs
proof-fuzz: $(METHODS:%=asan-%)
	@$(B)/asan-socket/test/fuzz/sweep $(HALF) 1 & one=$$!; \
	    $(B)/asan-socket/test/fuzz/sweep $(HALF) 2 && wait $$one
	@for m in $(METHODS); do CINIT_BUILD=$(abspath $(B))/asan-$$m CINIT_STORM=500000 CINIT_PATIENCE=900 \
	    test/run.sh --shared 44-hostile.bats || exit 1; done
proof-shm: method-shm asan-shm
	@for b in shm asan-shm; do CINIT_BUILD=$(abspath $(B))/$$b CINIT_SCRIBBLE=60000 CINIT_STEPS=1 \
	    CINIT_PATIENCE=900 test/run.sh --shared shm/hostile.bats || exit 1; done

run: all
	@test/demo.sh $(B) $(TREE)

# ---- lint: both compilers, what reads C, what reads shell, what reads manuals ----

C_FILES  := $(shell git ls-files '*.c' 2>/dev/null)
SH_FILES := test/*.sh test/engine/*.sh test/bench/*.sh test/vm/*.sh src/pool/example/*.sh .ci/run
MANUALS  := $(wildcard src/*.[1-8] src/pool/*.[1-8] client/*.[1-8])
LINT_CC   = $(MAKE) --no-print-directory -j$(shell nproc) DEV=1 all tools engine-tests fuzz-programs
lint: setup
	$(Q)$(LINT_CC) CC=gcc B=$(B)/lint-gcc
	$(Q)$(LINT_CC) CC=clang B=$(B)/lint-clang
	$(Q)$(LINT_CC) CC=gcc B=$(B)/lint-analyzer CFLAGS='-O1 -fanalyzer' LTO=
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --suppress=missingIncludeSystem --error-exitcode=1 -I. -Iclient -Isrc/pool \
	    -DCINIT_IPC_HEADER='"ipc/$(IPC)/ipc.h"' src ipc client
	shellcheck $(SH_FILES)
	$(Q)for m in $(MANUALS); do mandoc -T lint -W warning $$m || exit 1; done

# ---- install ----

DESTSBIN = $(DESTDIR)$(SBINDIR)
install: all
	install -d $(DESTSBIN) $(DESTDIR)$(LIBDIR) $(DESTDIR)$(INCDIR)/cinit \
	    $(addprefix $(DESTDIR)$(MANDIR)/man,3 5 8)
	install -m 755 $(PROGRAMS:%=$(B)/%) $(DESTSBIN)
	for l in $(HALT_LINKS); do ln -sf cinit.halt $(DESTSBIN)/$$l; done
	install -m 644 $(B)/libcinit.a $(DESTDIR)$(LIBDIR)
	install -m 644 client/cinit/*.h src/pool/cinit/*.h $(DESTDIR)$(INCDIR)/cinit
	install -m 644 $(filter %.3,$(MANUALS)) $(DESTDIR)$(MANDIR)/man3
	install -m 644 $(filter %.5,$(MANUALS)) $(DESTDIR)$(MANDIR)/man5
	install -m 644 $(filter %.8,$(MANUALS)) $(DESTDIR)$(MANDIR)/man8
	for l in $(filter-out cinit.shutdown,$(HALT_LINKS)); do ln -sf cinit.halt.8 $(DESTDIR)$(MANDIR)/man8/$$l.8; done

# In place of those that another init brought.
install-names: install
	for l in halt poweroff reboot shutdown; do ln -sf cinit.halt $(DESTSBIN)/$$l; done

help:
	@echo 'make              the programs and libcinit.a, in $(B)/'
	@echo 'make run          boot the sample tree as PID 1 of a namespace; TREE=DIR: your own'
	@echo 'make test         everything, after installing what the tests lack'
	@echo 'make lint         compilers, analyzers, shellcheck, mandoc'
	@echo 'make sim SEEDS=N  the simulator; make explore: the model checker; make mutants'
	@echo 'make fuzz         libFuzzer on the record, FUZZ_SECONDS or for ever; make proof-fuzz,'
	@echo '                  make proof-shm: all of what make test has samples of'
	@echo 'make proof-ipc    what the four IPC methods have to keep, with the full counts'
	@echo 'make bench        times and sizes beside floors and other inits'
	@echo 'make bench-rules  what the rules of pools cost a request'
	@echo 'make bench-ipc    the four IPC methods side by side; BENCH=--quick'
	@echo 'make bench-pool   a pool of workers beside processes that accept by themselves'
	@echo 'make proof-pool   pools under load, a thousand workers killed'
	@echo 'make proof-orphans  20,000 orphans at once, ten times, beside other inits'
	@echo 'make vm           a machine of its own in qemu; make proof-vm: its power-offs, 20 times'
	@echo 'make install      PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)'

clean:
	rm -rf $(B)

.PHONY: all clean test test-programs methods run lint setup static static-own asan valgrind tools engine-tests sim explore mutants bench bench-rules bench-programs bench-ipc bench-ipc-programs bench-pool bench-pool-programs proof-pool install help proof-orphans fuzz fuzz-programs proof-fuzz proof-shm proof-ipc vm vm-kernel vm-image vm-images vm-programs proof-vm bench-vm install-names
.DELETE_ON_ERROR:

# test.mk - test programs, the same sources built otherwise, and what runs and checks all of it.
#
# A round of `make test` runs every test once, and a tenth of what is run again with other
# builds; which tenth, says its number (run.sh).  It builds what that needs, and no more.

#= ROUND=N         which of the ten rounds `make test` is, 0 to 9; else the commit says it
#= ALL=1           for `make test`: all ten rounds at once
#= TESTS='F...'    for `make test`: these files of test/, with the plain build and nothing else

# ---- pure cores: they need nothing but a compiler ----

# Each is compiled whole, with the engine: the explorer takes a third less time that way.
# It gives up what survives KILL when that is said for the first time: fewer states.
# What simulators and explorers share.
HARNESS      := $(wildcard test/lib/*.c)
ENGINE_TESTS := sim explore transitions adopt check
ENGINE_SRC   := $(COMMON:%=%.c) $(ENGINE:%=%.c) $(wildcard test/engine/lib/*.c) $(HARNESS)
ENGINE_DEPS  := $(ENGINE_SRC) $(wildcard src/limits.h src/engine/*.h test/engine/lib/*.h test/lib/*.h ipc/*.h) $(O)/flags
LTO          := $(if $(findstring clang,$(CC)),,-flto=auto)
$(B)/test/engine/explore: SMALL := -DSTUCK_MAX_MS=STUCK_SAY_MS
$(ENGINE_TESTS:%=$(B)/test/engine/%): $(B)/test/engine/%: test/engine/%.c $(ENGINE_DEPS)
	@mkdir -p $(@D) && echo "  WHOLE $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(SMALL) $(LTO) $(LINK) -o $@ $< $(ENGINE_SRC)

# The rules of pools are as pure.  The explorer's pools are small, so that rows run out.
POOL_TESTS := sim explore transitions speed
RULES_SRC  := $(wildcard src/pool/rules*.c test/pool/lib/*.c) $(HARNESS)
RULES_DEPS := $(RULES_SRC) $(wildcard src/pool/rules*.h test/pool/lib/*.h test/lib/*.h) $(O)/flags
$(B)/test/pool/explore: SMALL := -DPOOL_MAX=3
$(POOL_TESTS:%=$(B)/test/pool/%): $(B)/test/pool/%: test/pool/%.c $(RULES_DEPS)
	@mkdir -p $(@D) && echo "  WHOLE $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(SMALL) $(LTO) $(LINK) -o $@ $< $(RULES_SRC)

# And so is the life of the supervisor.
LIFE_TESTS := sim explore transitions
LIFE_SRC   := $(COMMON:%=%.c) $(ENGINE:%=%.c) $(wildcard test/life/lib/*.c) $(HARNESS)
LIFE_DEPS  := $(LIFE_SRC) $(wildcard src/limits.h src/engine/*.h test/life/lib/*.h test/lib/*.h ipc/*.h) $(O)/flags
$(LIFE_TESTS:%=$(B)/test/life/%): $(B)/test/life/%: test/life/%.c $(LIFE_DEPS)
	@mkdir -p $(@D) && echo "  WHOLE $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LTO) $(LINK) -o $@ $< $(LIFE_SRC)
engine-tests: $(ENGINE_TESTS:%=$(B)/test/engine/%) $(LIFE_TESTS:%=$(B)/test/life/%) \
              $(POOL_TESTS:%=$(B)/test/pool/%) \
              $(call objects,$(basename $(wildcard src/pool/rules*.c)))

#: make sim          the simulator of the engine, of life and of pools, SEEDS=N
sim: $(B)/test/engine/sim $(B)/test/life/sim $(B)/test/pool/sim
	$(B)/test/engine/sim --seeds $(or $(SEEDS),10000)
	$(B)/test/life/sim --seeds $(or $(SEEDS),10000)
	$(B)/test/pool/sim --seeds $(or $(SEEDS),10000)

#: make explore      the model checker: every interleaving of small graphs and pools, and of life
explore: $(B)/test/engine/explore $(B)/test/life/explore $(B)/test/pool/explore
	$(B)/test/engine/explore
	$(B)/test/life/explore
	$(B)/test/pool/explore

#: make mutants      all cores with one line broken, again and again: each is caught
mutants:
	test/engine/mutants.sh engine
	test/engine/mutants.sh life
	test/engine/mutants.sh pool

# ---- small programs that tests run as services and clients ----

KNOWS_METHOD += test/tools/ipc-% test/tools/pool-kill test/$(IPC)/% test/bench/ipc/asker
# test/tools/NAME.c each; those of one method alone are in test/METHOD/.
TOOLS := $(basename $(notdir $(wildcard test/tools/*.c)))
OWN   := $(basename $(notdir $(wildcard test/$(IPC)/*.c)))
$(foreach t,$(TOOLS),$(eval $(B)/test/$(t): $(call objects,$(IPC_FEW) $(CLIENT) test/tools/$(t)); $$(link)))
$(foreach t,$(OWN),$(eval $(B)/test/$(t): $(call objects,$(IPC_FEW) $(CLIENT) test/$(IPC)/$(t)); $$(link)))
$(B)/test/ipc-storm: $(call objects,test/fuzz/shape)
$(B)/test/ids-unit: $(call objects,$(READING) src/launch/ids src/launch/login)
$(B)/test/entries: $(call objects,$(READING))
$(B)/test/listen-unit: $(call objects,src/tree/address src/launch/socket)
$(B)/test/shell-unit: $(call objects,$(ENGINE) $(READING) $(TREE_) $(LAUNCH) src/shell/check src/shell/pids)
$(B)/test/tree-carry: $(call objects,$(ENGINE) $(READING) $(TREE_))
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

# ---- the same sources built otherwise, each in a directory of its own ----

OTHERS := $(filter-out $(IPC),$(METHODS))
STATIC_FLAGS := STATIC=1 CC=musl-gcc CFLAGS='-Os'
ASAN_FLAGS   := CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DCINIT_CHECK=1' HARDEN=
VALGRIND_FLAGS := CFLAGS='-O1 -g -DSPAWN_FORK' HARDEN=
AGAIN = +$(Q)$(MAKE) --no-print-directory
static: static-own $(OTHERS:%=static-%)
static-own:; $(AGAIN) $(STATIC_FLAGS) B=$(B)/static all tools
static-%: static-own
	$(AGAIN) $(STATIC_FLAGS) IPC=$* B=$(B)/static/$* O=$(B)/static all
asan:;     $(AGAIN) $(ASAN_FLAGS) B=$(B)/asan all tools fuzz-programs
asan-%:;   $(AGAIN) $(ASAN_FLAGS) IPC=$* B=$(B)/asan-$* all tools fuzz-programs
valgrind:; $(AGAIN) $(VALGRIND_FLAGS) B=$(B)/valgrind all tools
# The other IPC methods, beside the one that was chosen.
methods: $(OTHERS:%=method-%)
method-%: all tools; $(AGAIN) IPC=$* B=$(B)/$* O=$(B) all tools

# ---- all tests ----

#: make setup        installs what the tests lack, or says the command that would
setup:
	@test/setup.sh

#: make test         every test, after `setup`, and a tenth of what is run again with sanitizers,
#:                   valgrind, static and each IPC method; ALL=1: all of that
test-programs: all tools engine-tests fuzz-programs static methods bench-ipc-programs bench-pool-programs vm-images
RUN = CINIT_BUILD=$(abspath $(B)) CINIT_IPC=$(IPC) ROUND=$(ROUND) ALL=$(ALL) test/run.sh
test: setup
	$(AGAIN) -j$(shell nproc) test-programs $$($(RUN) --builds)
	@$(RUN) $(TESTS)

#: make proof        all of that, and every proof below with its full counts: hours
proof:
	$(AGAIN) test ALL=1
	$(AGAIN) proof-ipc
	$(AGAIN) proof-pool
	$(AGAIN) proof-orphans
	$(AGAIN) proof-reload
	$(AGAIN) proof-vm
	$(AGAIN) proof-shm
	$(AGAIN) proof-fuzz

#: make proof-ipc    what every IPC method has to keep
proof-ipc: setup all tools methods
	@CINIT_BUILD=$(abspath $(B)) CINIT_PROOF=full test/run.sh --methods 43-conformance.bats
	@for m in . $(OTHERS); do CINIT_BUILD=$(abspath $(B))/$$m CINIT_PROOF=full \
	    test/run.sh --shared 41-svc.bats $(notdir $(wildcard test/46-*.bats)) || exit 1; done

#: make proof-shm    shared memory that is scribbled over, a client killed after each instruction
proof-shm: method-shm asan-shm
	@for b in shm asan-shm; do CINIT_BUILD=$(abspath $(B))/$$b CINIT_SCRIBBLE=60000 CINIT_STEPS=1 \
	    CINIT_PATIENCE=900 test/run.sh --shared shm/hostile.bats || exit 1; done

#: make proof-pool   pools under load, a thousand workers killed one after the other
proof-pool: setup all tools
	@CINIT_BUILD=$(abspath $(B)) CINIT_KILLS=1000 CINIT_PATIENCE=120 test/run.sh 83-pool-load.bats

#: make proof-orphans   20,000 orphans (ORPHANS) at once, ten times (ROUNDS), beside other inits
proof-orphans: setup static
	test/orphans.sh $(B)/static $(or $(ORPHANS),20000) $(or $(ROUNDS),10)

#: make proof-reload a tree of 20,000 services (SERVICES) loaded anew ten times (ROUNDS) while a
#:                   client asks, and as many started that were not loaded
proof-reload: setup static
	$(AGAIN) $(STATIC_FLAGS) B=$(B)/static $(B)/static/test/bench/true
	test/reload.sh $(B)/static $(or $(SERVICES),20000) $(or $(ROUNDS),10)

#: make cov          lines and branches of each folder that the tests run, TESTS='F...': that
#:                   these do; through forks, kills and PID 1 (needs clang and llvm)
COV_FLAGS = CC=clang HARDEN= CFLAGS='-O0 -g -fcoverage-mapping -mllvm -runtime-counter-relocation \
	-fprofile-instr-generate=$(abspath $(B))/cov/raw/%m%c.profraw'
cov: setup
	$(AGAIN) $(COV_FLAGS) B=$(B)/cov -j$(shell nproc) all tools \
	    $(B)/cov/test/engine/sim $(B)/cov/test/life/sim $(B)/cov/test/pool/sim
	@test/cov.sh $(B)/cov $(TESTS)

#: make run          boots the sample tree as PID 1 of a namespace; TREE=DIR: your own
run: all
	@test/demo.sh $(B) $(TREE)

# ---- lint ----

SH_FILES := test/*.sh test/*/*.sh src/pool/example/*.sh .ci/run
LINT_CC   = $(AGAIN) -j$(shell nproc) DEV=1 all tools engine-tests fuzz-programs
#: make lint         both compilers, gcc's analyzer, cppcheck, shellcheck, mandoc
lint: setup
	$(LINT_CC) CC=gcc B=$(B)/lint-gcc
	$(LINT_CC) CC=clang B=$(B)/lint-clang
	$(LINT_CC) CC=gcc B=$(B)/lint-analyzer CFLAGS='-O1 -fanalyzer' LTO=
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --suppress=missingIncludeSystem --error-exitcode=1 -I. -Iclient -Isrc/pool \
	    -DCINIT_IPC_HEADER='"ipc/$(IPC)/ipc.h"' src ipc client
	shellcheck $(SH_FILES)
	$(Q)for m in $(MANUALS); do mandoc -T lint -W warning $$m || exit 1; done

.PHONY: engine-tests sim explore mutants tools static static-own asan valgrind methods setup \
        test test-programs proof proof-ipc proof-shm proof-pool proof-orphans proof-reload cov run lint

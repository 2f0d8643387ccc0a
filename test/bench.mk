# bench.mk - what is measured, beside floors, bare mechanisms and others.
#
# Measured static, with musl: a shared libc's start-up hides everything else.

#: make bench        times and sizes beside floors and other inits; BENCH=: words for it
BENCH_MAIN := $(filter-out tick true ask,$(basename $(notdir $(wildcard test/bench/*.c))))
$(B)/test/bench/bench: $(call objects,$(BENCH_MAIN:%=test/bench/%)); $(link)
$(foreach t,tick true ask,$(eval $(B)/test/bench/$(t): $(call objects,test/bench/$(t)); $$(link)))
bench-programs: all $(addprefix $(B)/test/bench/,bench tick true ask)
bench:
	$(AGAIN) $(STATIC_FLAGS) B=$(B)/static bench-programs
	B=$(B)/static test/bench/run.sh $(BENCH)

#: make bench-ipc    the four IPC methods beside each other and their bare mechanisms;
#:                   BENCH=--quick
BENCH_IPC := $(addprefix test/bench/,util proc samples tree) $(basename $(filter-out %/asker.c,$(wildcard test/bench/ipc/*.c)))
ASKER     := $(addprefix test/bench/,util ipc/load ipc/asker)
$(B)/test/bench/bench-ipc: $(call objects,$(BENCH_IPC)); $(link) -lm
$(B)/test/bench/asker: $(call objects,$(IPC_FEW) $(CLIENT) $(ASKER)); $(link)
bench-ipc-programs: $(addprefix $(B)/test/bench/,bench-ipc tick true)
bench-method-%:
	$(AGAIN) $(STATIC_FLAGS) IPC=$* B=$(B)/bench-ipc/$* all $(B)/bench-ipc/$*/test/bench/asker
bench-ipc: $(METHODS:%=bench-method-%)
	$(AGAIN) $(STATIC_FLAGS) B=$(B)/bench-ipc bench-ipc-programs
	$(B)/bench-ipc/test/bench/bench-ipc --svg $(B)/bench-ipc.svg $(BENCH) $(foreach m,$(METHODS),$(m)=$(B)/bench-ipc/$(m))

#: make bench-pool   a pool of workers beside processes that accept by themselves
BENCH_POOL := $(addprefix test/bench/,util proc samples) $(basename $(wildcard test/bench/pool/*.c))
$(B)/test/bench/bench-pool: $(call objects,$(BENCH_POOL)); $(link)
bench-pool-programs: all tools $(B)/test/bench/bench-pool
bench-pool:
	$(AGAIN) $(STATIC_FLAGS) B=$(B)/static bench-pool-programs
	$(B)/static/test/bench/bench-pool --bin $(B)/static $(BENCH)

#: make bench-rules  what the rules of pools cost a request
bench-rules: $(B)/test/pool/speed
	$(B)/test/pool/speed

.PHONY: bench-programs bench bench-ipc-programs bench-ipc bench-pool-programs bench-pool bench-rules

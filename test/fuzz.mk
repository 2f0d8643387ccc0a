# fuzz.mk - fuzzing the record: the common server half, requests, loader and engine as they
# are, on a method and a machine without a medium.

FUZZ_SHELL := $(addprefix src/shell/,requests services board pids reload essential life relay)
FUZZ_PARTS := $(filter-out test/fuzz/sweep test/fuzz/record,$(basename $(wildcard test/fuzz/*.c)))
FUZZ_OBJ   := $(sort $(LIBRARY) $(IPC_ALL)) $(filter-out src/launch/spawn,$(TREE_OBJ)) $(FUZZ_SHELL) client/show client/show_pool client/screen $(FUZZ_PARTS)
FUZZ_WRAP  := -Wl,--wrap=record_now_ms -Wl,--wrap=cinit_ipc_request
$(B)/test/fuzz/sweep $(B)/test/fuzz/record: LDFLAGS += $(FUZZ_WRAP)
$(B)/test/fuzz/record: LDFLAGS += -fsanitize=fuzzer
$(B)/test/fuzz/sweep: $(call objects,$(FUZZ_OBJ) test/fuzz/sweep); $(link)
$(B)/test/fuzz/record: $(call objects,$(FUZZ_OBJ) test/fuzz/record); $(link)
fuzz-programs: $(B)/test/fuzz/sweep $(O)/obj/test/fuzz/record.o

LIBFUZZER_FLAGS := CC=clang HARDEN= CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer'
#: make fuzz         libFuzzer on the record, for ever or FUZZ_SECONDS; what it finds interesting
#:                   is kept in build/fuzz/corpus
fuzz:
	$(AGAIN) $(LIBFUZZER_FLAGS) B=$(B)/fuzz $(B)/fuzz/test/fuzz/record $(B)/fuzz/test/fuzz/sweep
	mkdir -p $(B)/fuzz/corpus
	$(B)/fuzz/test/fuzz/sweep corpus $(B)/fuzz/corpus
	$(B)/fuzz/test/fuzz/record -max_len=8192 -timeout=10 $(if $(FUZZ_SECONDS),-max_total_time=$(FUZZ_SECONDS)) \
	    -artifact_prefix=$(B)/fuzz/ $(B)/fuzz/corpus

FUZZ_RECORDS ?= 100000000
HALF = $$(($(FUZZ_RECORDS) / 2))
#: make proof-fuzz   under the sanitizers, 10^8 records (FUZZ_RECORDS) in process, and 10^6
#:                   through a supervisor of each IPC method
proof-fuzz: $(METHODS:%=asan-%)
	@$(B)/asan-socket/test/fuzz/sweep $(HALF) 1 & one=$$!; \
	    $(B)/asan-socket/test/fuzz/sweep $(HALF) 2 && wait $$one
	@for m in $(METHODS); do CINIT_BUILD=$(abspath $(B))/asan-$$m CINIT_STORM=500000 CINIT_PATIENCE=900 \
	    test/run.sh --shared 44-hostile.bats || exit 1; done

.PHONY: fuzz-programs fuzz proof-fuzz

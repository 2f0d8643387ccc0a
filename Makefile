# cinit: build, run, test.  `make help` names the targets.
#
#   make DEV=1            warnings are errors
#   make STATIC=1 CC=musl-gcc
#   make IPC=socket       instead of the word in conf/ipc_method
#   make B=DIR            objects and programs there instead of build/
#   make V=1              show the commands

B       ?= build
PREFIX  ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
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
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. $(WARN) $(HARDEN) $(CFLAGS) $(EXTRA)
ifdef DEV
EXTRA   += -Werror
endif
ifdef STATIC
LINK    = -static -Wl,-z,relro,-z,now -Wl,--gc-sections
EXTRA   += -ffunction-sections -fdata-sections -fno-pie -fno-asynchronous-unwind-tables
else
LINK    = -pie -Wl,-z,relro,-z,now
EXTRA   += -fPIE
endif

Q   := $(if $(V),,@)
SAY := @echo

# What each program is made of.  Arrows go one way: engine <- config, shell <- main;
# client -> ipc; test/10-layers.bats checks it.
COMMON  := ipc/text ipc/words
ENGINE  := $(basename $(wildcard src/engine/*.c))
CONFIG  := $(basename $(wildcard src/config/*.c))
SHELL_  := $(basename $(wildcard src/shell/*.c))
CHECK   := $(basename $(wildcard src/check/*.c))
IPC_ALL := $(basename $(wildcard ipc/*.c))
IPC_FEW := $(filter-out ipc/server,$(IPC_ALL))
SERVER  := ipc/$(IPC)/server
CLIENT  := ipc/$(IPC)/client

CINIT_OBJ := $(IPC_ALL) $(ENGINE) $(CONFIG) $(SHELL_) $(SERVER) src/main
CHECK_OBJ := $(IPC_FEW) $(ENGINE) $(CONFIG) $(CHECK)
SVC_OBJ   := $(IPC_FEW) $(CLIENT) $(basename $(filter-out client/halt.c,$(wildcard client/*.c)))
HALT_OBJ  := $(IPC_FEW) $(CLIENT) client/halt client/ask

PROGRAMS := cinit cinit.svc cinit.check cinit.halt
HALT_LINKS := cinit.poweroff cinit.reboot

all: $(PROGRAMS:%=$(B)/%) $(HALT_LINKS:%=$(B)/%)

objects = $(patsubst %,$(B)/obj/%.o,$(1))
link = @echo "  LINK  $@" && $(CC) $(ALL_CFLAGS) $(LINK) $(LDFLAGS) -o $@ $(filter %.o,$^)

$(B)/cinit: $(call objects,$(CINIT_OBJ)); $(link)
$(B)/cinit.svc: $(call objects,$(SVC_OBJ)); $(link)
$(B)/cinit.check: $(call objects,$(CHECK_OBJ)); $(link)
$(B)/cinit.halt: $(call objects,$(HALT_OBJ)); $(link)
$(HALT_LINKS:%=$(B)/%): $(B)/cinit.halt; ln -sf cinit.halt $@

# The flags are part of what an object is made of.
FLAGS := $(CC) $(ALL_CFLAGS) $(IPC)
$(shell mkdir -p $(B); echo '$(FLAGS)' | cmp -s - $(B)/flags || echo '$(FLAGS)' > $(B)/flags)

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(SAY) "  CC    $<"
	$(Q)$(CC) $(ALL_CFLAGS) -DCINIT_VERSION='"$(VERSION)"' -DCINIT_IPC_METHOD='"$(IPC)"' -MMD -MP -c -o $@ $<

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# Tests of the engine: pure, so they need nothing but a compiler.
ENGINE_TESTS := sim explore transitions adopt
engine_test = $(call objects,$(COMMON) $(ENGINE) test/engine/$(1) $(basename $(wildcard test/engine/lib/*.c)))
$(foreach t,$(ENGINE_TESTS),$(eval $(B)/test/engine/$(t): $(call engine_test,$(t)); @mkdir -p $$(@D); $$(link)))

clean:
	rm -rf $(B)

.PHONY: all clean
.DELETE_ON_ERROR:

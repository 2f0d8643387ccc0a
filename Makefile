# cinit: how it is built, installed and taken away again.  `make help` names targets and
# words.  What tests it, measures it, boots machines with it and fuzzes it: test/*.mk.

#: make              the programs and libcinit.a, in build/
all:

# ---- words ----

#= STATIC=1        programs that need no library; smallest with CC=musl-gcc CFLAGS=-Os
#= CC=, CFLAGS=    the compiler and its flags (HARDEN=, LDFLAGS=)
#= IPC=METHOD      socket, fifo, msq or shm, instead of the word in conf/ipc_method
#= B=DIR           objects and programs there, instead of build/
#= V=1             shows the commands
#= DEV=1           warnings are errors
#= CHECKED=1       engine and supervisor are checked after every event
B       ?= build
CFLAGS  ?= -O2 -g
HARDEN  ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong
PREFIX  ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
LIBDIR  ?= $(PREFIX)/lib
INCDIR  ?= $(PREFIX)/include
MANDIR  ?= $(PREFIX)/share/man
OBJCOPY ?= objcopy
# The objects that are the same for all IPC methods may be elsewhere.
O       ?= $(B)

# same A B: not empty if they are.
same = $(if $(subst x$(1),,x$(2))$(subst x$(2),,x$(1)),,yes)

# What `make install` finds built it installs, and needs no words for: those that it was
# built with are in $(B)/words, and whoever says others is told so.
WORDS := STATIC CC CFLAGS HARDEN LDFLAGS IPC DEV CHECKED O
ifneq ($(filter install install-names,$(MAKECMDGOALS)),)
said   = $(filter command environment,$(firstword $(origin $(1))))
built  = $(shell sed -n 's/^$(1)=//p' $(B)/words)
refuse = $(error $(B)/ was made with $(1)='$(call built,$(1))', and $(1)='$($(1))' is said: \
	leave that out, or make it so before, after `make clean')
resay  = $(eval $(1) := $(subst $$,$$$$,$(call built,$(1))))
$(if $(wildcard $(B)/words),$(foreach w,$(WORDS),$(if $(call said,$(w)),$(if $(call \
	same,$($(w)),$(call built,$(w))),,$(call refuse,$(w))),$(call resay,$(w)))))
endif

ifeq ($(origin IPC),undefined)
IPC     := $(shell cat conf/ipc_method)
endif
METHODS := $(notdir $(patsubst %/ipc.h,%,$(wildcard ipc/*/ipc.h)))
ifeq ($(strip $(foreach m,$(METHODS),$(call same,$(m),$(IPC)))),)
$(error $(if $(filter file,$(origin IPC)),conf/ipc_method,IPC): '$(IPC)': not one of: $(METHODS))
endif

# ---- flags ----

VERSION := 0.1
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum -Wvla \
        -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wundef \
        -Wformat=2 -Wcast-qual
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. -Iclient -Isrc/pool $(WARN) $(HARDEN) $(CFLAGS) $(EXTRA)
ifdef CHECKED
EXTRA   += -DCINIT_CHECK=2
endif
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
FLAGS := $(CC) $(ALL_CFLAGS) $(LINK) $(LDFLAGS)

Q   := $(if $(V),,@)
SAY := @echo

# ---- what each program is made of ----

# Arrows go one way: engine <- tree <- launch <- shell <- main; client -> ipc;
# test/00-layers.bats checks it.
COMMON  := ipc/text ipc/words
ENGINE  := $(basename $(wildcard src/engine/*.c))
TREE_   := $(basename $(wildcard src/tree/*.c))
LAUNCH  := $(basename $(wildcard src/launch/*.c))
SHELL_  := $(basename $(wildcard src/shell/*.c src/machine/*.c))
SINGLE  := $(basename $(wildcard src/single/*.c))
FILES   := $(addprefix src/tree/,file lines table address pool_conf values vec)
READING := $(FILES) $(addprefix src/tree/,entries asking reading readers read_essential read_limits limits_words dir)
BECOME  := $(addprefix src/launch/,ids login input socket steps environment alone held fd)
CHECK   := $(basename $(wildcard src/check/*.c))
IPC_ALL := $(basename $(wildcard ipc/*.c))
IPC_FEW := $(filter-out ipc/server ipc/check ipc/watch,$(IPC_ALL))
SERVER  := ipc/$(IPC)/server
CLIENT  := ipc/$(IPC)/client
LIBRARY := $(IPC_FEW) $(CLIENT) $(basename $(wildcard client/lib/*.c))

LOAD_OBJ  := $(TREE_) $(LAUNCH)
TREE_OBJ  := $(ENGINE) $(LOAD_OBJ)
CINIT_OBJ := $(IPC_ALL) $(TREE_OBJ) $(SHELL_) $(SINGLE) $(SERVER) src/main
CHECK_OBJ := $(IPC_FEW) $(ENGINE) $(TREE_) src/launch/ids src/launch/login $(CHECK)
# The manager of pools is a program of its own, and so is what makes a worker of anything.
# A static one cannot load modules.
TAKE_OBJ  := ipc/text src/pool/take
HOST      := $(addprefix src/pool/,host modules call serve walk)
NO_HOST   := src/pool/host_none
POOL_OBJ  := ipc/text ipc/outlet ipc/words ipc/record ipc/pool ipc/signal_name $(READING) $(BECOME) \
             $(filter-out src/pool/take $(if $(STATIC),$(HOST),$(NO_HOST)),$(basename $(wildcard src/pool/*.c)))
ENDS      := client/halt client/end client/shutdown client/wall
SVC_OBJ   := $(LIBRARY) $(filter-out $(ENDS),$(basename $(wildcard client/*.c)))
HALT_OBJ  := $(LIBRARY) $(ENDS) client/ask client/screen

PROGRAMS := cinit cinit.svc cinit.check cinit.halt cinit.pool cinit.take
HALT_LINKS := cinit.poweroff cinit.reboot cinit.shutdown cinit.switch

all: $(PROGRAMS:%=$(B)/%) $(HALT_LINKS:%=$(B)/%) $(B)/libcinit.a $(B)/words

# ---- how they are made ----

# What knows the method is compiled for each; all else once, for all of them.
KNOWS_METHOD := src/main src/shell/loop src/check/main client/lib/% ipc/$(IPC)/%
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

# Flags, method and words are part of what is made, so they are in files; these are written
# anew when they say something else, and by rules, so that `make -n` writes nothing.
quoted   = '$(subst ','\'',$(1))'
outdated = $(if $(call same,$(2),$(shell cat $(1) 2>/dev/null)),,$(eval $(1): changed))
note     = @mkdir -p $(@D) && printf '%s\n' $(1) >$@
NO_CC    = $(if $(shell command -v $(firstword $(CC))),,no-compiler)
FLAGS_IN := $(sort $(O)/flags $(B)/flags)
$(foreach f,$(FLAGS_IN),$(call outdated,$(f),$(FLAGS)))
$(call outdated,$(B)/method,$(IPC))
$(call outdated,$(B)/words,$(foreach w,$(WORDS),$(w)=$($(w))))
$(FLAGS_IN): | $(NO_CC)
	$(call note,$(call quoted,$(FLAGS)))
$(B)/method:
	$(call note,$(IPC))
$(B)/words:
	$(call note,$(foreach w,$(WORDS),$(call quoted,$(w)=$($(w)))))
no-compiler:
	@echo "make: there is no $(firstword $(CC)) here$(if $(findstring musl-gcc,$(CC)),$(MUSL_IS))" >&2; exit 1
MUSL_IS := ; it is in the package musl-tools (Debian, Ubuntu), musl-gcc (Fedora) or musl (Arch)

# ---- install ----

#: make install      what was built, or else builds it; PREFIX=/usr/local, DESTDIR=,
#:                   also SBINDIR=, LIBDIR=, INCDIR=, MANDIR=
MANUALS  := $(wildcard src/*.[1-8] src/pool/*.[1-8] client/*.[1-8])
DESTSBIN  = $(DESTDIR)$(SBINDIR)
DESTMAN   = $(DESTDIR)$(MANDIR)
HEADERS  := $(wildcard client/cinit/*.h src/pool/cinit/*.h)
DESTPC    = $(DESTDIR)$(LIBDIR)/pkgconfig
PC_LINES  = 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$(INCDIR)' 'ipc_method=$(IPC)' '' \
            'Name: cinit' 'Description: asks a cinit supervisor about services' \
            'Version: $(VERSION)' 'Cflags: -I$${includedir}' 'Libs: -L$${libdir} -lcinit'
MAN_LINKS := $(HALT_LINKS:cinit.shutdown=)
install: all
	install -d $(DESTSBIN) $(DESTDIR)$(LIBDIR) $(DESTDIR)$(INCDIR)/cinit $(addprefix $(DESTMAN)/man,3 5 8)
	install -m 755 $(PROGRAMS:%=$(B)/%) $(DESTSBIN)
	for l in $(HALT_LINKS); do ln -sf cinit.halt $(DESTSBIN)/$$l; done
	install -m 644 $(B)/libcinit.a $(DESTDIR)$(LIBDIR)
	install -d $(DESTPC) && printf '%s\n' $(PC_LINES) >$(DESTPC)/cinit.pc && chmod 644 $(DESTPC)/cinit.pc
	install -m 644 $(HEADERS) $(DESTDIR)$(INCDIR)/cinit
	install -m 644 $(filter %.3,$(MANUALS)) $(DESTMAN)/man3
	install -m 644 $(filter %.5,$(MANUALS)) $(DESTMAN)/man5
	install -m 644 $(filter %.8,$(MANUALS)) $(DESTMAN)/man8
	for l in $(MAN_LINKS); do ln -sf cinit.halt.8 $(DESTMAN)/man8/$$l.8; done

#: make install-names   the same, and halt, poweroff, reboot and shutdown in place of
#:                   those that another init brought
NAMES := halt poweroff reboot shutdown
install-names: install
	for l in $(NAMES); do ln -sf cinit.halt $(DESTSBIN)/$$l; done

#: make uninstall    takes away what `install` and `install-names` put there
uninstall:
	for l in $(NAMES); do \
	    [ "$$(readlink $(DESTSBIN)/$$l)" != cinit.halt ] || rm $(DESTSBIN)/$$l || exit 1; done
	rm -f $(addprefix $(DESTSBIN)/,$(PROGRAMS) $(HALT_LINKS)) $(DESTDIR)$(LIBDIR)/libcinit.a $(DESTPC)/cinit.pc \
	    $(addprefix $(DESTDIR)$(INCDIR)/cinit/,$(notdir $(HEADERS))) \
	    $(foreach m,$(MANUALS) $(MAN_LINKS:%=%.8),$(DESTMAN)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))
	rmdir $(DESTDIR)$(INCDIR)/cinit $(DESTPC) 2>/dev/null || :

#: make clean        removes build/
clean:
	rm -rf $(B)

#: make help         this
help:
	@sed -n 's/^#: //p' Makefile $(PARTS)
	@echo && echo 'and what may be said with it:' && sed -n 's/^#= /     /p' Makefile $(PARTS)

.PHONY: all install install-names uninstall clean help no-compiler changed
.DELETE_ON_ERROR:

PARTS := test/test.mk test/bench.mk test/vm.mk test/fuzz.mk
include $(PARTS)

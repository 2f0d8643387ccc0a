# vm.mk - a machine: Debian's kernel in qemu, with an initramfs of ours; see test/vm/.

VM_TOOLS := $(basename $(notdir $(wildcard test/vm/*.c)))
$(foreach t,$(VM_TOOLS),$(eval $(B)/test/vm-$(t): $(call objects,test/vm/$(t)); $$(link)))
vm-programs: all $(VM_TOOLS:%=$(B)/test/vm-%)

# One image for each IPC method.
vm-kernel:; $(Q)test/vm/kernel.sh $(B)/vm/kernel
vm-image: vm-kernel static
	$(AGAIN) $(STATIC_FLAGS) B=$(B)/static vm-programs
	$(Q)test/vm/image.sh $(B)/static $(B)/vm/kernel $(B)/vm/initrd
	$(Q)test/vm/accel.sh $(B)/vm
vm-initrd-%: vm-image static-%
	$(AGAIN) $(STATIC_FLAGS) IPC=$* B=$(B)/static/$* O=$(B)/static vm-programs
	$(Q)test/vm/image.sh $(B)/static/$* $(B)/vm/kernel $(B)/vm/initrd-$*
vm-images: vm-image $(OTHERS:%=vm-initrd-%)

#: make vm           a machine of its own in qemu, to play with
vm: setup vm-image
	@test/vm/play.sh $(B)/vm

#: make proof-vm     power-offs of such a machine, 20 times
proof-vm: setup vm-image
	@CINIT_VM=$(abspath $(B)/vm) test/vm/proof.sh

#: make bench-vm     how long a machine takes to boot and to stop, RUNS times
bench-vm: setup vm-image
	@test/vm/bench.sh $(B)/vm $(RUNS)

.PHONY: vm-programs vm-kernel vm-image vm-images vm proof-vm bench-vm

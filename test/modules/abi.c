/* abi.c - built for another version of the header. */
#include <cinit/module.h>

const struct cinit_module cinit_module = {
	.abi = CINIT_MODULE_ABI + 1, .size = sizeof(struct cinit_module), .name = "abi",
};

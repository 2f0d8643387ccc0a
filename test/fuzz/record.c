/* record.c - the libFuzzer target: an input is a sequence of steps (world.h), of
 * which most are records.
 *
 *     make fuzz              for ever, or FUZZ_SECONDS
 *     build/fuzz/test/fuzz/record FILE       one input again
 */
#include <stdint.h>
#include <stdlib.h>

#include "test/fuzz/world.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	world_begin();
	atexit(world_end);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct choice s = choice_of_input(input, n);

	while (choice_lasts(&s))
		world_step(&s);
	world_round(&s);
	return 0;
}

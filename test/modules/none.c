/* none.c - a shared object, and no module. */
int cinit_test_no_module;

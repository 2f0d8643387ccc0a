/* shutdown.h - shutdown(8): an end at a time. */
#ifndef CINIT_CLIENT_SHUTDOWN_H
#define CINIT_CLIENT_SHUTDOWN_H

int shutdown_main(int argc, char **argv);

#endif

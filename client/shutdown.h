/* shutdown.h - shutdown(8): an end at a time.
 *
 * The one that waits is this process, in the foreground; the supervisor hears of it when the
 * time has come (end.h).
 */
#ifndef CINIT_CLIENT_SHUTDOWN_H
#define CINIT_CLIENT_SHUTDOWN_H

int shutdown_main(int argc, char **argv);

#endif

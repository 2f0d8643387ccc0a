/* udp-load.c - so many datagrams to an echo, a window of them at a time.
 *
 *   udp-load PORT N [WINDOW]
 *
 * Each is another one.  One that is not answered within three seconds is lost; it is not
 * sent again.  Prints "answered N lost N twice N strange N". */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define WINDOW_MAX 1024
#define LOST_MS 3000

static int64_t sent_ms[WINDOW_MAX]; /* of request i % WINDOW_MAX; 0: it is over */
static uint32_t number[WINDOW_MAX];
static unsigned answered, lost, twice, strange;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int connect_to(const char *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room); /* as much as it may be */
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) < 0) {
		perror("udp-load: connect");
		exit(2);
	}
	return fd;
}

static void take(uint32_t n)
{
	unsigned i = n % WINDOW_MAX;

	if (number[i] == n && sent_ms[i]) {
		sent_ms[i] = 0;
		answered++;
	} else {
		twice++; /* or later than it was given up */
	}
}

static void receive(int fd, int wait_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint32_t buf[4];

	if (poll(&p, 1, wait_ms) <= 0)
		return;
	for (;;) {
		ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);

		if (n < 0)
			return;
		if (n == sizeof buf && buf[1] == ~buf[0])
			take(buf[0]);
		else
			strange++;
	}
}

/* The oldest is over, or given up. */
static void settle(int fd, uint32_t n)
{
	unsigned i = n % WINDOW_MAX;

	while (sent_ms[i] && now_ms() - sent_ms[i] < LOST_MS)
		receive(fd, 100);
	lost += sent_ms[i] != 0;
	sent_ms[i] = 0;
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 2 ? (uint32_t)atoi(argv[2]) : 0, window = argc > 3 ? (uint32_t)atoi(argv[3]) : 32;
	int fd = argc > 2 ? connect_to(argv[1]) : -1;

	if (fd < 0 || window > WINDOW_MAX)
		return 2;
	for (uint32_t i = 0; i < n + window; i++) {
		uint32_t buf[4] = {i, ~i, 1, 2};

		if (i >= window)
			settle(fd, i - window);
		if (i >= n)
			continue;
		number[i % WINDOW_MAX] = i;
		sent_ms[i % WINDOW_MAX] = now_ms();
		if (send(fd, buf, sizeof buf, 0) < 0 && errno != ECONNREFUSED)
			perror("udp-load: send");
		receive(fd, 0);
	}
	printf("answered %u lost %u twice %u strange %u\n", answered, lost, twice, strange);
	return 0;
}

/* slow_sync.c - a disk that takes longer to say that it has written
 * SPDX-License-Identifier: Apache-2.0
 *
 * Preloaded into PostgreSQL. The file named by SLOW_SYNC holds a 32-bit number
 * of microseconds in the machine's byte order; fsync and fdatasync wait that
 * long and then do their work. The file may change while the server runs. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const volatile uint32_t *delay_us;
static int (*true_fsync)(int);
static int (*true_fdatasync)(int);

__attribute__((constructor)) static void
start(void)
{
	const char *path = getenv("SLOW_SYNC");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at;

	true_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
	true_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
	if (fd < 0)
		return;
	at = mmap(NULL, sizeof *delay_us, PROT_READ, MAP_SHARED, fd, 0);
	if (at != MAP_FAILED)
		delay_us = at;
	close(fd);
}

static void
wait_a_little(void)
{
	uint32_t us = delay_us ? *delay_us : 0;
	struct timespec t = { us / 1000000, (long)(us % 1000000) * 1000 };

	if (us > 0)
		nanosleep(&t, NULL);
}

int
fsync(int fd)
{
	wait_a_little();
	return true_fsync(fd);
}

int
fdatasync(int fd)
{
	wait_a_little();
	return true_fdatasync(fd);
}

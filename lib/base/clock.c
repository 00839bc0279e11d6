/* clock.c - what time it is, and how long something took
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t
read_us(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
clock_now_s(void)
{
	return read_us(CLOCK_REALTIME) / 1000000;
}

int64_t
clock_now_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t
clock_mono_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

char *
clock_text(char to[CLOCK_TEXT_LEN], int64_t wall_us)
{
	int64_t ms = wall_us / 1000 - (wall_us % 1000 < 0);
	time_t s = (time_t)(ms / 1000 - (ms % 1000 < 0));
	struct tm tm = { 0 };

	gmtime_r(&s, &tm);
	snprintf(to, CLOCK_TEXT_LEN, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
	    (unsigned)(tm.tm_year + 1900) % 10000u,
	    (unsigned)(tm.tm_mon + 1) % 100u, (unsigned)tm.tm_mday % 100u,
	    (unsigned)tm.tm_hour % 100u, (unsigned)tm.tm_min % 100u,
	    (unsigned)tm.tm_sec % 100u, (unsigned)(ms - s * 1000) % 1000u);
	return to;
}

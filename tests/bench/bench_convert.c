/* bench_convert.c - fhir/convert beside leaving a searchset as it is
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: bench_convert [ROUNDS]
 *
 * An R4 searchset of about 40 KB is read and written again; between, it becomes
 * one of another version, or not. All sides take turns within each round; what
 * is shown is the median round, in microseconds of CPU per searchset, and as a
 * multiple of the one that stays R4. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fhir/convert.h"

#define ENTRIES    39u
#define SLICE_US   50000.0 /* of one side in one round */
#define ROUNDS_MAX 99u
#define TEXT_MAX   ((size_t)1 << 20)

static const char observation[] =
    "{\"fullUrl\":\"https://provider.example/fhir/Observation/o%u\","
    "\"resource\":{\"resourceType\":\"Observation\",\"id\":\"o%u\",\"meta\":{"
    "\"versionId\":\"1\",\"lastUpdated\":\"2026-10-28T09:31:00Z\"},"
    "\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":"
    "\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":"
    "\"vital-signs\",\"display\":\"Vital Signs\"}],\"text\":\"Vital Signs\"}],"
    "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":"
    "\"8867-4\",\"display\":\"Heart rate\"}],\"text\":\"Heart rate\"},"
    "\"subject\":{\"reference\":\"https://provider.example/fhir/Patient/p%u\","
    "\"display\":\"M\xc3\xbcller, Eva\"},\"encounter\":{\"reference\":"
    "\"Encounter/enc-7\"},\"effectiveDateTime\":\"2026-10-28T09:30:00Z\","
    "\"issued\":\"2026-10-28T09:31:00.000Z\",\"performer\":[{\"reference\":"
    "\"Practitioner/p-17\",\"display\":\"Dr. Tomas Lindqvist\"}],"
    "\"valueQuantity\":{\"value\":72.0,\"unit\":\"beats/minute\",\"system\":"
    "\"http://unitsofmeasure.org\",\"code\":\"/min\"},\"note\":[{\"text\":"
    "\"Taken at rest, seated, by the ward's monitor.\"}],\"device\":{"
    "\"display\":\"Bedside monitor 4\"}},\"search\":{\"mode\":\"match\"}}";

static struct str
searchset(struct arena *a)
{
	struct buf b = buf_new(a, TEXT_MAX);
	unsigned i;

	buf_str(&b, "{\"resourceType\":\"Bundle\",\"type\":\"searchset\","
		    "\"total\":39,\"entry\":[");
	for (i = 0; i < ENTRIES; i++) {
		buf_str(&b, i ? "," : "");
		buf_fmt(&b, observation, i, i, i);
	}
	buf_str(&b, "]}");
	return (struct str){ b.at, b.len };
}

static void
demand(bool held)
{
	if (!held)
		abort();
}

/* Read, made one of that version, written. */
static void
once(struct arena *a, struct str text, enum fhir_version to)
{
	struct convert_losses losses = { 0 };
	const struct convert_how how = {
		.from = FHIR_R4, .to = to, .losses = &losses
	};
	struct tree_limits lim = { .nodes = 1000000, .object = true };
	struct err e = { 0 };
	struct tree_node *n = tree_read(a, text, &lim, &e);
	struct buf b = buf_new(a, TEXT_MAX);

	demand(n && (to == FHIR_R4 || convert_resource(a, n, &how, &e)));
	/* as on its way through the facade, something always changes */
	tree_put(a, n, "total", tree_integer(a, 39));
	tree_write(&b, n);
	demand(!b.failed);
}

/* ---- measuring -------------------------------------------------------------------- */

static double
cpu_us(void)
{
	return (double)clock() * 1e6 / CLOCKS_PER_SEC;
}

static double
measure(struct str text, enum fhir_version to)
{
	struct arena *a = arena_new();
	double start = cpu_us(), spent;
	unsigned times = 0;

	do {
		once(a, text, to);
		arena_reset(a);
		times++;
		spent = cpu_us() - start;
	} while (spent < SLICE_US);
	arena_free(a);
	return spent / times;
}

static int
by_size(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

static double
median(double *v, unsigned n)
{
	qsort(v, n, sizeof *v, by_size);
	return v[n / 2];
}

static void
compare(struct str text, unsigned rounds)
{
	double us[FHIR__MAX][ROUNDS_MAX], found[FHIR__MAX];
	unsigned i;
	int v;

	for (i = 0; i < rounds; i++)
		for (v = 0; v < FHIR__MAX; v++)
			us[v][i] = measure(text, (enum fhir_version)v);
	for (v = 0; v < FHIR__MAX; v++)
		found[v] = median(us[v], rounds);
	for (v = FHIR__MAX - 1; v >= 0; v--)
		printf("| R4 to %s | %zu | %.1f | %.2f |\n",
		    version_name((enum fhir_version)v), text.len, found[v],
		    found[v] / found[FHIR_R4]);
}

int
main(int argc, char **argv)
{
	struct arena *a = arena_new();
	struct str text = searchset(a);
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 9;

	if (rounds < 1 || rounds > (long)ROUNDS_MAX) {
		fprintf(stderr, "usage: %s [ROUNDS], 1 to %u\n", argv[0],
		    ROUNDS_MAX);
		return 2;
	}
	puts("| searchset | bytes | CPU us | times R4 to R4 |");
	puts("|---|---:|---:|---:|");
	compare(text, (unsigned)rounds);
	arena_free(a);
	return 0;
}

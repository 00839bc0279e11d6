/* ward_people.h - made-up people with plausible names from many countries
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_WARD_PEOPLE_H
#define APP_WARD_PEOPLE_H

#include <stdbool.h>

/* Patients of one ward, and wards without a full name in common. */
#define WARD_PATIENTS 24
#define WARD_WORLDS   64

struct ward_person {
	const char *family;
	const char *family_more; /* second family name, or NULL */
	const char *given;
	const char *prefix;
	bool female;
};

/* ward_person - patient i (below WARD_PATIENTS) of a world (taken modulo
 * WARD_WORLDS). Any two of them differ in family or given name, in one world
 * or in two: 24 times 64 is all the names there are. */
struct ward_person ward_person(unsigned world, unsigned i);

#endif

/* loss.h - counts what conversion could not carry, per tenant and element
 * SPDX-License-Identifier: Apache-2.0
 *
 * Request threads add to a table of fixed size in memory; a thread of its own
 * adds that to wardgate.loss every LOSS_WRITE_MS and at the end. A database
 * that is away loses nothing: counting goes on, up to LOSS_PLACES different
 * things, and what finds no place is told in the log. What was counted since
 * the last writing is gone when the process is killed, and is counted twice
 * when the database's answer to a writing was lost: this is a report, the
 * records themselves and their audit do not depend on it.
 *
 * One lock (loss.c), held for one look-up or the swap of two pointers, never
 * while the database is asked. Names of elements are kept, never a value. */
#ifndef GATE_LOSS_H
#define GATE_LOSS_H

#include "ext/db.h"
#include "fhir/convert.h"

#define LOSS_WRITE_MS    10000
#define LOSS_PLACES      8192 /* different things between two writings */
#define LOSS_NAMES       4096 /* different elements in a process's life */
#define LOSS_ELEMENT_MAX 160  /* characters of a name */

struct loss_entry {
	struct guid tenant;
	enum fhir_version from, to; /* of the record; of the answer */
	const char *element;        /* "Observation.valueAttachment" */
	enum convert_fate fate;
	uint64_t times;
};

struct loss;

/* loss_start - owned; loss_stop, which writes what is there first, as long as
 * the database takes it. NULL: ERR_BROKEN, no thread. */
struct loss *loss_start(struct db *db, struct err *e);
/* loss_alone - for a process that lives for one request: no thread, only
 * loss_stop writes. Owned; loss_stop. */
struct loss *loss_alone(struct db *db);
void loss_stop(struct loss *l);

/* loss_note - counts one entry; its text is copied. From any thread. What has
 * not the form of an element's name is not counted. */
void loss_note(struct loss *l, const struct loss_entry *what);

/* loss_note_all - the same for what one answer to that tenant has lost. */
void loss_note_all(struct loss *l, const struct guid *tenant,
    const struct convert_losses *losses);

/* loss_write - adds what has gathered to the database now; what was not taken
 * stays. One thread at a time, and not beside the one of loss_start: for it
 * and for tests. false: ERR_DB. */
bool loss_write(struct loss *l, struct err *e);

/* loss_waiting - how many different things are not written yet. */
size_t loss_waiting(struct loss *l);

#endif

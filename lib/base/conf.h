/* conf.h - the settings: one file, one table, read once at start
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file holds lines `name = value`; # starts a comment line. An unknown
 * name, a bad value or a name given twice is refused with its line number.
 * Secrets never stand in the file: settings name the files that hold them. */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum conf_face { CONF_DSTU2, CONF_STU3, CONF_R4 };
enum conf_field { CONF_X_FORWARDED_FOR, CONF_FORWARDED };
enum conf_switch { CONF_OFF, CONF_ON };
enum conf_http { CONF_HTTP_REFUSE, CONF_HTTP_LOOPBACK };

/* One member per setting, of the same name; wardgate.conf(5) describes them.
 * Numbers carry their unit in the name. Text is NUL-terminated, "" if unset. */
struct conf {
	const char *path; /* of the file itself */

	const char *public_base; /* https://host[:port], no slash at the end */
	int64_t default_face;    /* enum conf_face */
	const char *operator_name;
	const char *operator_contact;
	int64_t log_level; /* enum log_level */

	const char *database;          /* libpq string without user */
	const char *database_passfile; /* "": none */
	int64_t database_wait_ms;      /* one statement, connect included */

	const char *signing_key_dir; /* private halves; token and wardgate */
	const char *public_key_dir;  /* public halves; everyone */
	const char *pepper_dir;      /* token, admin and wardgate */
	const char *cursor_key_file; /* facade and wardgate */
	const char *sealing_key_dir; /* private halves; facade and wardgate */

	int64_t token_life_s;
	int64_t token_skew_s;
	int64_t token_body_bytes;
	int64_t token_params;
	int64_t scope_bytes;
	int64_t bearer_bytes;

	int64_t facade_body_bytes;
	int64_t search_form_bytes;
	int64_t batch_entries;
	int64_t batch_parallel;
	int64_t batch_answer_bytes;
	int64_t request_depth;
	int64_t request_nodes;
	int64_t answer_nodes;
	int64_t answer_bytes;
	int64_t answer_header_bytes;
	int64_t answer_headers;
	int64_t count_max;
	int64_t count_default;
	int64_t pages_walked;
	int64_t fill_references;
	int64_t fill_parallel;
	int64_t fill_wait_ms;
	int64_t cursor_life_s;
	int64_t cursor_bytes;

	int64_t provider_http; /* enum conf_http */
	int64_t provider_connect_ms;
	int64_t provider_wait_ms;
	int64_t provider_slow_bytes_s;
	int64_t provider_slow_s;
	int64_t provider_requests; /* of one at once; 0: an eighth of threads */
	int64_t provider_patience_s; /* longest Retry-After that is honoured */
	int64_t breaker_calls;     /* so many at least; 0: they do not count */
	int64_t breaker_percent;   /* of them failed */
	int64_t breaker_time_outs; /* in a row; 0: they do not count */
	int64_t breaker_pause_ms;
	int64_t request_wait_ms;

	int64_t socket_wait_ms;
	int64_t busy_wait_ms;
	int64_t facade_threads;
	int64_t other_threads;
	int64_t crew_threads;
	int64_t memory_bytes;

	int64_t directory_entries;
	int64_t change_poll_ms;
	int64_t change_trust_ms;
	const char *shared_dir; /* of base/shared */
	int64_t client_rate;    /* requests a second; 0: no limit */
	int64_t client_burst;
	int64_t tenant_rate;
	int64_t tenant_burst;
	int64_t failures_per_minute; /* of one source; 0: no limit */
	int64_t limit_places;
	int64_t metric_tenants; /* with cells of their own */
	/* addresses and networks, blanks between */
	const char *trusted_proxies;
	int64_t forwarded_field; /* enum conf_field */

	int64_t audit_queue;
	int64_t audit_wait_ms;
	int64_t secrets_per_client;
	int64_t secret_life_days;
	int64_t secret_life_max_days;
	/* of templates/, locale/, static/; "": as installed */
	const char *portal_dir;
	const char *portal_key_file; /* admin and wardgate */
	int64_t portal_body_bytes;   /* of a form */
	int64_t portal_idle_s;       /* a session that is not used ends */
	int64_t portal_life_s;       /* and one that is used, after this */
	int64_t portal_proof_s;      /* a passphrase proves so long */
	/* enum conf_switch: the web server signs in */
	int64_t portal_remote_user;
	int64_t invitation_life_s;
	const char *expiry_hook; /* program of the operator; "": none */
};

/* conf_read - the settings in the file at path, borrowed from a. They hold no
 * secret, so all may read them, but not write.
 * NULL: ERR_CONF, with file, line, what is wrong and what to write. */
const struct conf *conf_read(struct arena *a, const char *path, struct err *e);

/* conf_secret_file - may a secret be kept in the file at path? Regular file,
 * mode without any right for others and no write right for the group
 * (0600, 0640 or less). false: ERR_CONF. */
bool conf_secret_file(const char *path, struct err *e);

/* conf_each - calls back with every setting: name, default as text ("" when
 * it must be given or is empty), and unit or choices. For the manual's test. */
void conf_each(void (*say)(void *ctx, const char *name, const char *initial,
		   const char *range),
    void *ctx);

#endif

-- keeper.sql - everything that `wardgate keep` asks, as wg_keeper
-- SPDX-License-Identifier: Apache-2.0

-- Is the database fit for work? One row per check: subject, ok, why.
prepare ready (bigint, bigint) as
  select subject, ok, why
    from wardgate.ready($1, $2);

-- Make the audit partitions of this month and the next $1; how many were made.
prepare audit_partitions_ahead (bigint) as
  select wardgate.audit_partitions_ahead($1);

-- Are there audit rows that no month took?
prepare audit_stray as
  select wardgate.audit_stray();

-- Remove at most $2 numbers of the change log older than $1 seconds; how many
-- entries went.
prepare change_log_trim (bigint, bigint) as
  select wardgate.change_log_trim(make_interval(secs => $1), $2);

-- Remove at most $2 cursors that expired more than $1 seconds ago; how many.
prepare cursor_handle_trim (bigint, bigint) as
  select wardgate.cursor_handle_trim(make_interval(secs => $1), $2);

-- Forget at most $2 used assertions that ended more than $1 seconds ago.
prepare assertion_trim (bigint, bigint) as
  select wardgate.assertion_trim(make_interval(secs => $1), $2);

-- Key sets of apps to be fetched now, at most $3: every $1 seconds, or when
-- asked for, but each at least $2 seconds after the last time.
prepare client_jwks_due (bigint, bigint, bigint) as
  select client_id, url
    from wardgate.client_jwks_due(make_interval(secs => $1),
         make_interval(secs => $2), $3);

-- What came of it, for client $1 at URL $2: keys and credential ids as ext/jwk
-- writes them, or null and why not.
prepare client_jwks_fetched (uuid, text, text, text, text) as
  select wardgate.client_jwks_fetched($1, $2, $3, $4, $5);

-- Withdraw keys that retired more than $1 seconds ago; how many.
prepare signing_key_expire (bigint) as
  select wardgate.signing_key_expire(make_interval(secs => $1));

-- Remove at most $1 revocations that bear on no token any more; how many.
prepare revocation_trim (bigint) as
  select wardgate.revocation_trim($1);

-- Forget the uses of public keys that went more than $1 seconds ago, at most $2
-- of each kind; how many.
prepare secret_trail_trim (bigint, bigint) as
  select wardgate.secret_trail_trim(make_interval(secs => $1), $2);

-- End at most $1 proposals that waited for too long; how many.
prepare proposal_expire (bigint) as
  select wardgate.proposal_expire($1);

-- Sum up the uses of secrets up to $1 seconds ago, an hour at a time; how many
-- seconds are still to be summed up.
prepare secret_use_roll_up (bigint) as
  select wardgate.secret_use_roll_up(make_interval(secs => $1));

-- A secret that is about to end and that nobody was told of; none: no row.
prepare secret_notice_take as
  select client_id, name, contact, key_id, label, days, not_after, tries
    from wardgate.secret_notice_take();

-- That was done, for the secret with key id $1 and the threshold of $2 days.
prepare secret_notice_told (text, bigint) as
  select wardgate.secret_notice_told($1, $2);

-- Remove at most $2 portal sessions that began more than $1 seconds ago.
prepare session_trim (bigint, bigint) as
  select wardgate.session_trim(make_interval(secs => $1), $2);

-- Forget at most $2 rows of failed sign-ins that are older than $1 seconds.
prepare signin_failure_trim (bigint, bigint) as
  select wardgate.signin_failure_trim(make_interval(secs => $1), $2);

-- Count what apps asked up to $1 seconds ago, and each hour once more $2 seconds
-- after its end, an hour at a time; how many seconds are still to be counted.
prepare traffic_roll_up (bigint, bigint) as
  select wardgate.traffic_roll_up(make_interval(secs => $1),
         make_interval(secs => $2));

-- Forget at most $2 rows of traffic of hours more than $1 seconds ago.
prepare traffic_trim (bigint, bigint) as
  select wardgate.traffic_trim(make_interval(secs => $1), $2);

package store

// keepLookups begins a transaction that looks rows up by ids. Their plans are kept for all arguments: left alone the database
// plans for each call anew, over all partitions, because it expects ten elements of an array that it does not know. A plan
// that is made while a week has a page or none must not read the whole week for as long as it is kept, hence enable_seqscan.
const keepLookups = `SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)`

package issue

import (
	"cmp"
	"slices"
	"time"
)

// Category is the family of a type.
type Category int16

// The categories.
const (
	CategoryError       Category = 1
	CategoryPerformance Category = 2
	CategoryCron        Category = 4
	CategoryReplay      Category = 5
	CategoryFeedback    Category = 6
	CategoryUptime      Category = 7
	CategoryMetricAlert Category = 8
)

// Type is a kind of issue. Adding one is adding a row to the registry below.
type Type struct {
	ID              int32
	Slug            string
	Description     string
	Category        Category
	Noise           NoiseLimit
	DefaultPriority Priority
	CreationQuota   Quota
	// Released types are taken in for every organization, others where a project enables them.
	Released            bool
	AutoResolve         bool
	EscalationDetection bool
}

// NoiseLimit holds an issue back until its fingerprint was seen Ignore times, each within Expiry of the one before.
// The zero limit holds nothing back.
type NoiseLimit struct {
	Ignore int
	Expiry time.Duration
}

// Quota limits how many issues of one type a project may make: Limit in a sliding Window, counted in granules.
type Quota struct {
	Window, Granularity time.Duration
	Limit               int
}

// types is the registry, by ascending id. Columns: id, slug, description, category, noise limit (0: none), default priority,
// new issues an hour (0: the default of 5), switches (r released, A no auto-resolve, E no escalation detection).
var types = []Type{
	row(1, "error", "Error", CategoryError, 0, Medium, 0, "r"),
	row(1001, "performance_slow_db_query", "Slow DB Query", CategoryPerformance, 100, Low, 0, "r"),
	row(1004, "performance_render_blocking_asset_span", "Large Render Blocking Asset", CategoryPerformance, 3, Low, 0, "r"),
	row(1006, "performance_n_plus_one_db_queries", "N+1 Query", CategoryPerformance, 3, Low, 0, "r"),
	row(1007, "performance_consecutive_db_queries", "Consecutive DB Queries", CategoryPerformance, 15, Low, 0, "r"),
	row(1008, "performance_file_io_main_thread", "File IO on Main Thread", CategoryPerformance, 3, Low, 0, "r"),
	row(1009, "performance_consecutive_http", "Consecutive HTTP", CategoryPerformance, 5, Low, 0, "r"),
	row(1010, "performance_n_plus_one_api_calls", "N+1 API Call", CategoryPerformance, 0, Low, 0, "r"),
	row(1011, "performance_m_n_plus_one_db_queries", "MN+1 Query", CategoryPerformance, 3, Low, 0, "r"),
	row(1012, "performance_uncompressed_assets", "Uncompressed Asset", CategoryPerformance, 100, Low, 0, "r"),
	row(1013, "performance_db_main_thread", "DB on Main Thread", CategoryPerformance, 3, Low, 0, "r"),
	row(1015, "performance_large_http_payload", "Large HTTP payload", CategoryPerformance, 3, Low, 0, "r"),
	row(1016, "performance_http_overhead", "HTTP/1.1 Overhead", CategoryPerformance, 20, Low, 0, ""),
	row(1017, "performance_duration_regression", "Transaction Duration Regression (Experimental)", CategoryPerformance, 0, Low, 0, "AE"),
	row(1018, "performance_p95_endpoint_regression", "Endpoint Regression", CategoryPerformance, 0, Medium, 0, "rAE"),
	row(1019, "performance_streamed_spans_exp", "Streamed Spans (Experimental)", CategoryPerformance, 0, Low, 0, "AE"),
	row(2001, "profile_file_io_main_thread", "File I/O on Main Thread", CategoryPerformance, 0, Low, 0, ""),
	row(2002, "profile_image_decode_main_thread", "Image Decoding on Main Thread", CategoryPerformance, 0, Low, 0, ""),
	row(2003, "profile_json_decode_main_thread", "JSON Decoding on Main Thread", CategoryPerformance, 0, Low, 0, ""),
	row(2004, "profile_core_data_main_exp", "Core Data on Main Thread", CategoryPerformance, 0, Low, 0, ""),
	row(2006, "profile_view_is_slow_experimental", "View Render/Layout/Update is slow", CategoryPerformance, 0, Low, 0, ""),
	row(2007, "profile_regex_main_thread", "Regex on Main Thread", CategoryPerformance, 0, Low, 0, "r"),
	row(2008, "profile_frame_drop_experimental", "Frame Drop", CategoryPerformance, 0, Low, 0, ""),
	row(2009, "profile_frame_drop", "Frame Drop", CategoryPerformance, 2000, Low, 0, "r"),
	row(2010, "profile_function_regression_exp", "Function Duration Regression (Experimental)", CategoryPerformance, 0, Low, 0, "A"),
	row(2011, "profile_function_regression", "Function Regression", CategoryPerformance, 0, Medium, 0, "rA"),
	row(4001, "monitor_check_in_failure", "Crons Monitor Failed", CategoryCron, 0, High, 60_000, "r"),
	row(4002, "monitor_check_in_failure", "Crons Monitor Timed Out", CategoryCron, 0, High, 60_000, "r"),
	row(4003, "monitor_check_in_failure", "Crons Monitor Missed", CategoryCron, 0, High, 60_000, "r"),
	row(5001, "replay_click_dead", "Dead Click Detected", CategoryReplay, 0, Medium, 0, ""),
	row(5002, "replay_click_rage", "Rage Click Detected", CategoryReplay, 0, Medium, 0, ""),
	row(5003, "replay_hydration_error", "Hydration Error Detected", CategoryReplay, 0, Medium, 0, ""),
	row(6001, "feedback", "Feedback", CategoryFeedback, 0, Medium, 1000, ""),
	row(7001, "uptime_domain_failure", "Uptime Domain Monitor Failure", CategoryUptime, 0, High, 1000, "AE"),
	row(8002, "metric_issue_poc", "Metric Issue POC", CategoryMetricAlert, 0, High, 0, ""),
}

const (
	defaultQuota   = 5
	noiseExpiry    = 24 * time.Hour
	quotaWindow    = time.Hour
	quotaGranule   = time.Minute
	flagReleased   = 'r'
	flagNoResolve  = 'A'
	flagNoEscalate = 'E'
)

func row(id int32, slug, description string, category Category, noise int, priority Priority, quota int, flags string) Type {
	t := Type{
		ID: id, Slug: slug, Description: description, Category: category, DefaultPriority: priority,
		CreationQuota: Quota{Window: quotaWindow, Granularity: quotaGranule, Limit: defaultQuota},
		AutoResolve:   true, EscalationDetection: true,
	}
	if noise > 0 {
		t.Noise = NoiseLimit{Ignore: noise, Expiry: noiseExpiry}
	}
	if quota > 0 {
		t.CreationQuota.Limit = quota
	}
	for _, flag := range flags {
		switch flag {
		case flagReleased:
			t.Released = true
		case flagNoResolve:
			t.AutoResolve = false
		case flagNoEscalate:
			t.EscalationDetection = false
		}
	}
	return t
}

// TypeByID gives a type of the registry.
func TypeByID(id int32) (Type, bool) {
	i, ok := slices.BinarySearchFunc(types, id, func(t Type, id int32) int { return cmp.Compare(t.ID, id) })
	if !ok {
		return Type{}, false
	}
	return types[i], true
}

// Types gives every type of the registry, by ascending id.
func Types() []Type { return slices.Clone(types) }

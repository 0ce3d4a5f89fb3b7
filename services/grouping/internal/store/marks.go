package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/picket-io/picket/services/grouping/internal/grouping"
)

const selectMarks = `
SELECT g.id, EXISTS (SELECT FROM bookmarks b WHERE b.project_id = $1 AND b.group_id = g.id AND b.user_id = $3),
       s.is_active, s.reason, s.brought_by IS NOT NULL, m.seen_at, p.share_id
FROM unnest($2::bigint[]) AS g (id)
LEFT JOIN subscriptions s ON s.project_id = $1 AND s.group_id = g.id AND s.user_id = $3
LEFT JOIN seen_marks m ON m.project_id = $1 AND m.group_id = g.id AND m.user_id = $3
LEFT JOIN shares p ON p.project_id = $1 AND p.group_id = g.id`

const selectOwners = `SELECT group_id, type, owner, created_at FROM issue_owners WHERE project_id = $1 AND group_id = ANY ($2) ORDER BY type, owner`

const selectLinks = `SELECT group_id, url, display_name FROM issue_links WHERE project_id = $1 AND group_id = ANY ($2) ORDER BY url`

// readMarks reads the marks of a user, and the share, owners and links, of groups that are locked.
func readMarks(ctx context.Context, tx pgx.Tx, projectID int64, groups map[int64]*grouping.Group, userID string) error {
	ids := slices.Collect(maps.Keys(groups))
	batch := &pgx.Batch{}
	batch.Queue(selectMarks, projectID, ids, userID).Query(func(rows pgx.Rows) error { return collectMarks(rows, groups) })
	batch.Queue(selectOwners, projectID, ids).Query(func(rows pgx.Rows) error {
		var id int64
		var owner grouping.Owner
		_, err := pgx.ForEachRow(rows, []any{&id, &owner.Source, &owner.Who, &owner.Since}, func() error {
			groups[id].Marks.Owners = append(groups[id].Marks.Owners, owner)
			return nil
		})
		return err
	})
	batch.Queue(selectLinks, projectID, ids).Query(func(rows pgx.Rows) error {
		var id int64
		var link grouping.Link
		_, err := pgx.ForEachRow(rows, []any{&id, &link.URL, &link.Name}, func() error {
			groups[id].Marks.Links = append(groups[id].Marks.Links, link)
			return nil
		})
		return err
	})
	return tx.SendBatch(ctx, batch).Close()
}

func collectMarks(rows pgx.Rows, groups map[int64]*grouping.Group) error {
	var id int64
	var bookmarked, brought bool
	var active pgtype.Bool
	var reason pgtype.Int2
	var seenAt pgtype.Timestamptz
	var shareID pgtype.UUID
	_, err := pgx.ForEachRow(rows, []any{&id, &bookmarked, &active, &reason, &brought, &seenAt, &shareID}, func() error {
		marks := grouping.Marks{Bookmarked: bookmarked, SeenAt: seenAt.Time, ShareID: shareID.Bytes}
		if active.Valid {
			marks.Subscription = &grouping.Subscription{Active: active.Bool, Reason: grouping.SubscriptionReason(reason.Int16), Brought: brought}
		}
		groups[id].Marks = marks
		return nil
	})
	return err
}

const (
	insertBookmark = `
INSERT INTO bookmarks (project_id, group_id, user_id, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`

	deleteBookmark = `DELETE FROM bookmarks WHERE project_id = $1 AND group_id = $2 AND user_id = $3`

	upsertSeenMark = `
INSERT INTO seen_marks (project_id, group_id, user_id, seen_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (project_id, group_id, user_id) DO UPDATE SET seen_at = excluded.seen_at`

	deleteSeenMark = `DELETE FROM seen_marks WHERE project_id = $1 AND group_id = $2 AND user_id = $3`

	insertSubscription = `
INSERT INTO subscriptions (project_id, group_id, user_id, is_active, reason, created_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (project_id, group_id, user_id) DO `

	// One that a merge brought is not of the user's own doing, and makes room for one that is: that stays when the merge is undone.
	subscribeGently = insertSubscription + `UPDATE SET is_active = excluded.is_active, reason = excluded.reason,
    created_at = excluded.created_at, brought_by = NULL WHERE subscriptions.brought_by IS NOT NULL`

	setSubscription = insertSubscription + `UPDATE SET is_active = excluded.is_active, reason = excluded.reason, brought_by = NULL,
    created_at = CASE WHEN subscriptions.brought_by IS NULL THEN subscriptions.created_at ELSE excluded.created_at END`

	deleteSubscription = `DELETE FROM subscriptions WHERE project_id = $1 AND group_id = $2 AND user_id = $3`

	upsertShare = `
INSERT INTO shares (project_id, group_id, share_id, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (project_id, group_id) DO UPDATE SET share_id = excluded.share_id, created_at = excluded.created_at`

	deleteShare = `DELETE FROM shares WHERE project_id = $1 AND group_id = $2`

	deleteOwners = `DELETE FROM issue_owners WHERE project_id = $1 AND group_id = $2`

	insertOwner = `
INSERT INTO issue_owners (project_id, group_id, type, owner, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`

	deleteLinks = `DELETE FROM issue_links WHERE project_id = $1 AND group_id = $2`

	insertLink = `
INSERT INTO issue_links (project_id, group_id, url, display_name, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`
)

// queueMarks writes marks, whose groups are locked.
func queueMarks(batch *pgx.Batch, projectID int64, userID string, effects grouping.Effects, now time.Time) {
	for id, g := range effects.Bookmarked {
		if g.Marks.Bookmarked {
			batch.Queue(insertBookmark, projectID, id, userID, now)
		} else {
			batch.Queue(deleteBookmark, projectID, id, userID)
		}
	}
	for id, g := range effects.Seen {
		if g.Marks.SeenAt.IsZero() {
			batch.Queue(deleteSeenMark, projectID, id, userID)
		} else {
			batch.Queue(upsertSeenMark, projectID, id, userID, g.Marks.SeenAt)
		}
	}
	for _, s := range effects.Subscriptions {
		switch {
		case s.To == nil:
			batch.Queue(deleteSubscription, projectID, s.GroupID, s.UserID)
		case s.Gently:
			batch.Queue(subscribeGently, projectID, s.GroupID, s.UserID, s.To.Active, s.To.Reason, now)
		default:
			batch.Queue(setSubscription, projectID, s.GroupID, s.UserID, s.To.Active, s.To.Reason, now)
		}
	}
	for id, g := range effects.Shared {
		if g.Marks.ShareID == uuid.Nil {
			batch.Queue(deleteShare, projectID, id)
		} else {
			batch.Queue(upsertShare, projectID, id, g.Marks.ShareID, now)
		}
	}
	for id, g := range effects.Owned {
		batch.Queue(deleteOwners, projectID, id)
		for _, owner := range g.Marks.Owners {
			batch.Queue(insertOwner, projectID, id, owner.Source, owner.Who, owner.Since)
		}
	}
	for id, g := range effects.Linked {
		batch.Queue(deleteLinks, projectID, id)
		for _, link := range g.Marks.Links {
			batch.Queue(insertLink, projectID, id, link.URL, link.Name, now)
		}
	}
}

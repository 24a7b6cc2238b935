package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/crafteasy/auth/user"
)

// account is a row of the table that the program had before it got a sign-in: its own names, its own ids.
type account struct {
	Number  int
	Name    string
	Mail    string // as people typed it
	Mobile  string
	Company string
	Admin   bool
	Locked  bool
}

// accounts is that table. A real one is in a database, which takes ctx; what matters is that each method is one atomic step there too.
// accounts_test.go has the library's contract run on it: do so with yours.
type accounts struct {
	mu   sync.Mutex
	rows map[int]account
}

// user is the row as sign-in sees it: addresses in their one normal form, which is what the library compares.
func (a account) user() user.User {
	u := user.User{ID: fmt.Sprintf("C-%d", a.Number), Name: a.Name, TenantID: a.Company, Disabled: a.Locked, Scope: "tenant"}
	if a.Admin {
		u.Scope = "system"
	}
	if id, err := user.ParseEmail(a.Mail); err == nil {
		u.Email = id.Value
	}
	if id, err := user.ParsePhone(a.Mobile); err == nil {
		u.Phone = id.Value
	}
	return u
}

// ByID is a primary key look-up.
func (t *accounts) ByID(ctx context.Context, id string) (user.User, error) {
	return t.one(ctx, func(u user.User) bool { return u.ID == id })
}

// Find is a look-up by mail or mobile. In SQL: a column with the normal form and a unique index on it.
func (t *accounts) Find(ctx context.Context, id user.Identifier) (user.User, error) {
	if id.IsZero() {
		return user.User{}, user.ErrNotFound
	}
	return t.one(ctx, func(u user.User) bool { return u.Address(id.Kind) == id })
}

// Create is only called where sign-up is open, and only with an address that was just proven. In SQL: an insert, whose unique
// violation is user.ErrExists.
func (t *accounts) Create(ctx context.Context, n user.NewUser) (user.User, error) {
	if err := ctx.Err(); err != nil {
		return user.User{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.holder(n.Identifier) != 0 {
		return user.User{}, user.ErrExists
	}
	row := account{Number: 1000 + len(t.rows) + 1, Name: n.Name} // rows are never deleted here, so that no number is given twice
	row.set(n.Identifier)
	t.rows[row.Number] = row
	return row.user(), nil
}

// SetIdentifier is a change of address, by its owner and proven. In SQL: an update, whose unique violation is user.ErrExists, and which
// finds no row for user.ErrNotFound.
func (t *accounts) SetIdentifier(ctx context.Context, userID string, id user.Identifier) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for number, row := range t.rows {
		if row.user().ID != userID {
			continue
		}
		if holder := t.holder(id); holder != 0 && holder != number {
			return user.ErrExists
		}
		row.set(id)
		t.rows[number] = row
		return nil
	}
	return user.ErrNotFound
}

// lock is the program's own: it never needed the library for that.
func (t *accounts) lock(userID string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for number, row := range t.rows {
		if row.user().ID == userID {
			row.Locked = true
			t.rows[number] = row
			return true
		}
	}
	return false
}

func (t *accounts) one(ctx context.Context, match func(user.User) bool) (user.User, error) {
	if err := ctx.Err(); err != nil {
		return user.User{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, row := range t.rows {
		if u := row.user(); match(u) {
			return u, nil
		}
	}
	return user.User{}, user.ErrNotFound
}

// holder is the number of the account with this address, or 0.
func (t *accounts) holder(id user.Identifier) int {
	for number, row := range t.rows {
		if row.user().Address(id.Kind) == id {
			return number
		}
	}
	return 0
}

func (a *account) set(id user.Identifier) {
	if id.Kind == user.Phone {
		a.Mobile = id.Value
		return
	}
	a.Mail = id.Value
}

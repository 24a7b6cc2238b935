package storetest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/crafteasy/auth/store/memstore"
	"github.com/crafteasy/auth/totp"
)

func openTOTP(_ *testing.T, now func() time.Time) totp.Store {
	return memstore.New(&memstore.Options{Now: now}).TOTP()
}

// faultyTOTP replaces single verbs of a sound store.
type faultyTOTP struct {
	totp.Store
	load    func(ctx context.Context, userID string) (totp.Enrolment, error)
	enrol   func(ctx context.Context, e totp.Enrolment) error
	advance func(ctx context.Context, userID, id string, step int64) (bool, error)
	reseal  func(ctx context.Context, userID, id string, from, to []byte) (bool, error)
	spend   func(ctx context.Context, userID, id string, hash []byte) (int, bool, error)
	replace func(ctx context.Context, userID, id string, codes [][]byte) error
	delete  func(ctx context.Context, userID string) (bool, error)
}

func (f *faultyTOTP) Load(ctx context.Context, userID string) (totp.Enrolment, error) {
	if f.load != nil {
		return f.load(ctx, userID)
	}
	return f.Store.Load(ctx, userID)
}

func (f *faultyTOTP) Enrol(ctx context.Context, e totp.Enrolment) error {
	if f.enrol != nil {
		return f.enrol(ctx, e)
	}
	return f.Store.Enrol(ctx, e)
}

func (f *faultyTOTP) Advance(ctx context.Context, userID, id string, step int64) (bool, error) {
	if f.advance != nil {
		return f.advance(ctx, userID, id, step)
	}
	return f.Store.Advance(ctx, userID, id, step)
}

func (f *faultyTOTP) Reseal(ctx context.Context, userID, id string, from, to []byte) (bool, error) {
	if f.reseal != nil {
		return f.reseal(ctx, userID, id, from, to)
	}
	return f.Store.Reseal(ctx, userID, id, from, to)
}

func (f *faultyTOTP) Spend(ctx context.Context, userID, id string, hash []byte) (int, bool, error) {
	if f.spend != nil {
		return f.spend(ctx, userID, id, hash)
	}
	return f.Store.Spend(ctx, userID, id, hash)
}

func (f *faultyTOTP) Replace(ctx context.Context, userID, id string, codes [][]byte) error {
	if f.replace != nil {
		return f.replace(ctx, userID, id, codes)
	}
	return f.Store.Replace(ctx, userID, id, codes)
}

func (f *faultyTOTP) Delete(ctx context.Context, userID string) (bool, error) {
	if f.delete != nil {
		return f.delete(ctx, userID)
	}
	return f.Store.Delete(ctx, userID)
}

// totpWith makes a store whose verbs differ from those of a sound one where wrap says so.
func totpWith(wrap func(totp.Store, *faultyTOTP)) Open[totp.Store] {
	return func(t *testing.T, now func() time.Time) totp.Store {
		sound := openTOTP(t, now)
		f := &faultyTOTP{Store: sound}
		wrap(sound, f)
		return f
	}
}

// put stores e in place of what is there.
func put(ctx context.Context, s totp.Store, e totp.Enrolment) error {
	if _, err := s.Delete(ctx, e.UserID); err != nil {
		return err
	}
	return s.Enrol(ctx, e)
}

func TestTOTPRulesPassOnASoundStore(t *testing.T) {
	if failed := broken(t, openTOTP, totpRules()); len(failed) != 0 {
		t.Errorf("a sound store fails: %v", failed)
	}
}

func TestTOTPRulesNotice(t *testing.T) { notice(t, totpFlaws, totpRules()) }

var totpFlaws = []flaw[totp.Store]{
	{"Advance reads, then writes", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.advance = func(ctx context.Context, userID, id string, step int64) (bool, error) {
			e, err := s.Load(ctx, userID)
			if errors.Is(err, totp.ErrNotFound) || err == nil && (e.ID != id || step <= e.Step) {
				return false, nil
			}
			gap()
			e.Step = step
			return err == nil, errors.Join(err, ignoreExists(put(ctx, s, e)))
		}
	}), []string{
		"of many who Advance to one step at once exactly one does",
		"of many who Advance to steps of their own at once the highest stays",
		"Advance leaves everything else alone, while codes are spent",
	}},
	{"Advance takes the step that was used", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.advance = func(ctx context.Context, userID, id string, step int64) (bool, error) {
			e, err := s.Load(ctx, userID)
			if err == nil && e.ID == id && e.Step == step {
				return true, nil
			}
			return s.Advance(ctx, userID, id, step)
		}
	}), []string{"Advance moves forward only", "of many who Advance to one step at once exactly one does"}},
	{"Advance looks at the user alone", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.advance = func(ctx context.Context, userID, _ string, step int64) (bool, error) {
			e, err := s.Load(ctx, userID)
			if errors.Is(err, totp.ErrNotFound) {
				return false, nil
			}
			if err != nil {
				return false, err
			}
			return s.Advance(ctx, userID, e.ID, step)
		}
	}), []string{"a verb that names another enrolment does nothing"}},
	{"steps have 32 bits", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.advance = func(ctx context.Context, userID, id string, step int64) (bool, error) {
			return s.Advance(ctx, userID, id, int64(int32(step)))
		}
	}), []string{"Advance moves forward only"}},
	{"Reseal writes whatever is there", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.reseal = func(ctx context.Context, userID, id string, _, to []byte) (bool, error) {
			e, err := s.Load(ctx, userID)
			if err != nil || e.ID != id {
				return false, errors.Join(ctx.Err(), ignoreNotFound(err))
			}
			return s.Reseal(ctx, userID, id, e.Secret, to)
		}
	}), []string{
		"Reseal replaces the secret that was read, and leaves everything else",
		"of many who Reseal one secret at once exactly one does, and its secret stays",
	}},
	{"Reseal writes the whole enrolment", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.reseal = func(ctx context.Context, userID, id string, from, to []byte) (bool, error) {
			e, err := s.Load(ctx, userID)
			if err != nil || e.ID != id || !bytes.Equal(e.Secret, from) {
				return false, errors.Join(ctx.Err(), ignoreNotFound(err))
			}
			gap()
			e.Secret = to
			return true, ignoreExists(put(ctx, s, e))
		}
	}), []string{"a Reseal among many who Spend and Advance takes nothing back"}},
	{"Spend reads, then writes", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.spend = func(ctx context.Context, userID, id string, hash []byte) (int, bool, error) {
			e, err := s.Load(ctx, userID)
			if err != nil || e.ID != id {
				return 0, false, ignoreNotFound(err)
			}
			rest := e.Codes[:0]
			for _, c := range e.Codes {
				if !bytes.Equal(c, hash) {
					rest = append(rest, c)
				}
			}
			ok := len(rest) < len(e.Codes)
			gap()
			return len(rest), ok, s.Replace(ctx, userID, id, rest)
		}
	}), []string{
		"of many who Spend one code at once exactly one does",
		"many who Spend codes of their own at once all do, and each is told another number",
		"a Replace among many who Spend is final: none of the old set comes back",
	}},
	{"Spend leaves the code", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.spend = func(ctx context.Context, userID, id string, hash []byte) (int, bool, error) {
			e, err := s.Load(ctx, userID)
			for _, c := range e.Codes {
				if e.ID == id && bytes.Equal(c, hash) {
					return len(e.Codes), true, nil
				}
			}
			return 0, false, ignoreNotFound(err)
		}
	}), []string{"Spend removes the code and answers how many are left", "of many who Spend one code at once exactly one does"}},
	{"Spend compares the beginning", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.spend = func(ctx context.Context, userID, id string, hash []byte) (int, bool, error) {
			e, _ := s.Load(ctx, userID)
			for _, c := range e.Codes {
				if bytes.HasPrefix(c, hash) {
					return s.Spend(ctx, userID, id, c)
				}
			}
			return s.Spend(ctx, userID, id, hash)
		}
	}), []string{"an unknown code, a part of one, and another user's are false"}},
	{"Replace adds", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.replace = func(ctx context.Context, userID, id string, codes [][]byte) error {
			e, _ := s.Load(ctx, userID)
			return s.Replace(ctx, userID, id, append(e.Codes, codes...))
		}
	}), []string{"Replace kills the old set and leaves everything else"}},
	{"Enrol reads, then writes", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.enrol = func(ctx context.Context, e totp.Enrolment) error {
			if _, err := s.Load(ctx, e.UserID); err == nil {
				return totp.ErrExists
			} else if !errors.Is(err, totp.ErrNotFound) {
				return err
			}
			gap()
			return ignoreExists(put(ctx, s, e))
		}
	}), []string{"of many who Enrol one user at once exactly one does, and its enrolment stays whole"}},
	{"Enrol replaces", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.enrol = func(ctx context.Context, e totp.Enrolment) error { return put(ctx, s, e) }
	}), []string{"a user has at most one: Enrol over another is ErrExists and changes nothing"}},
	{"Delete always says that there was one", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.delete = func(ctx context.Context, userID string) (bool, error) {
			_, err := s.Delete(ctx, userID)
			return true, err
		}
	}), []string{
		"of many who Delete at once exactly one is told true, and the user can enrol anew",
		"what is not there is ErrNotFound, false, and no error to delete",
	}},
	{"user ids have no case", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.load = func(ctx context.Context, userID string) (totp.Enrolment, error) {
			return s.Load(ctx, strings.ToLower(userID))
		}
		f.enrol = func(ctx context.Context, e totp.Enrolment) error {
			e.UserID = strings.ToLower(e.UserID)
			return s.Enrol(ctx, e)
		}
	}), []string{"users do not share, whatever their ids are"}},
	{"times have whole seconds", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.enrol = func(ctx context.Context, e totp.Enrolment) error {
			e.EnabledAt = e.EnabledAt.Truncate(time.Second)
			return s.Enrol(ctx, e)
		}
	}), []string{"an enrolment comes back the same in every field"}},
	{"what comes out is shared", totpWith(func(s totp.Store, f *faultyTOTP) {
		shared := map[string]totp.Enrolment{}
		f.load = func(ctx context.Context, userID string) (totp.Enrolment, error) {
			if e, ok := shared[userID]; ok {
				return e, nil
			}
			e, err := s.Load(ctx, userID)
			shared[userID] = e
			return e, err
		}
	}), []string{"what goes in and what comes out is not shared with the caller"}},
	{"the context is not looked at", totpWith(func(s totp.Store, f *faultyTOTP) {
		f.advance = func(ctx context.Context, userID, id string, step int64) (bool, error) {
			return s.Advance(context.WithoutCancel(ctx), userID, id, step)
		}
	}), []string{"a cancelled context does nothing and is reported"}},
}

func ignoreNotFound(err error) error {
	if errors.Is(err, totp.ErrNotFound) {
		return nil
	}
	return err
}

func ignoreExists(err error) error {
	if errors.Is(err, totp.ErrExists) {
		return nil
	}
	return err
}

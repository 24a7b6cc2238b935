package sender

import "errors"

type temporary struct{ error }

func (t temporary) Unwrap() error { return t.error }

// Temporary marks a failure that another try may mend, such as a full mailbox server or a time-out.
func Temporary(err error) error {
	if err == nil {
		return nil
	}
	return temporary{err}
}

// IsTemporary reports whether another try may mend the failure.
func IsTemporary(err error) bool {
	_, ok := errors.AsType[temporary](err)
	return ok
}

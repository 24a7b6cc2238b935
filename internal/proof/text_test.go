package proof

import (
	"bytes"
	"go/ast"
	"go/printer"
	"go/token"
)

// written is an expression as it is written.
func written(e ast.Expr) string {
	var b bytes.Buffer
	_ = printer.Fprint(&b, token.NewFileSet(), e) // into memory
	return b.String()
}

// constant reports whether an expression is the same in every run.
func constant(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return e.Name == "nil" || e.Name == "true" || e.Name == "false"
	}
	return false
}

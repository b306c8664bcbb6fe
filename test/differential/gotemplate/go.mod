module kubectl-ark/gotemplate

go 1.22

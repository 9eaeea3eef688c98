"""Ten thousand connections need as many open files on both sides."""
import resource

WANTED = 65_536


def raise_open_files() -> None:
    """Programs started afterwards inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (WANTED, max(hard, WANTED)))
    except (ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(WANTED, hard), hard))


def open_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]

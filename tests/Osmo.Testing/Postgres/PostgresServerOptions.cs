namespace Osmo.Testing.Postgres;

/// <summary>How a test's PostgreSQL server is set up.</summary>
public sealed record PostgresServerOptions
{
    /// <summary>
    /// Where its folder is made, for example a small tmpfs; null for the system's folder for temporary files. Every folder on the way
    /// has to be open to other users: the server does not run as root.
    /// </summary>
    public string? Folder { get; init; }

    /// <summary>Whether what is committed is synced to the disk.</summary>
    public bool Fsync { get; init; } = true;

    /// <summary>More settings of <c>postgresql.conf</c>, by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}

/// <summary>How a server is stopped.</summary>
public enum PostgresStop
{
    /// <summary>Cuts the connections, rolls back what is open, and writes everything out.</summary>
    Fast,

    /// <summary>As a crash: nothing is written out, and the next start recovers from the log.</summary>
    Immediate,
}

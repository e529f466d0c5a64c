namespace Osmo.Kubernetes;

/// <summary>How a patch went.</summary>
public enum PatchOutcome
{
    /// <summary>The server has it, or had it already.</summary>
    Applied,

    /// <summary>There is no such node.</summary>
    NotFound,

    /// <summary>The node was changed in between, or is another one under the same name.</summary>
    Conflict,

    /// <summary>The server will not take this patch.</summary>
    Invalid,

    /// <summary>The credentials or the rights do not suffice.</summary>
    Forbidden,

    /// <summary>Too many requests; <see cref="PatchResult.RetryAfter"/> says when to come again.</summary>
    Throttled,

    /// <summary>The server cannot be reached or is in trouble. The patch may have been applied.</summary>
    Unavailable,
}

/// <summary>What became of a patch.</summary>
public sealed record PatchResult
{
    /// <summary>How it went.</summary>
    public required PatchOutcome Outcome { get; init; }

    /// <summary>The node as the server answered, when applied.</summary>
    public NodeProjection? Node { get; init; }

    /// <summary>How long the server asked to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What went wrong and what to do; null when applied.</summary>
    public string? Error { get; init; }
}

namespace Osmo.KubeSim.Faults;

/// <summary>An answer that takes the place of the real one.</summary>
/// <param name="StatusCode">HTTP status; 0 aborts the connection without an answer.</param>
/// <param name="RetryAfterSeconds">Sent as Retry-After when set.</param>
/// <param name="PlainText">text/plain instead of a JSON Status, as overloaded API servers answer 429.</param>
public sealed record FaultResponse(int StatusCode, int? RetryAfterSeconds = null, bool PlainText = false)
{
    /// <summary>The connection is aborted in place of an answer.</summary>
    public static readonly FaultResponse Abort = new(0);

    /// <summary>429 as JSON Status with Retry-After: 1.</summary>
    public static readonly FaultResponse TooManyRequests = new(429, 1);

    /// <summary>429 as text/plain with Retry-After: 1.</summary>
    public static readonly FaultResponse TooManyRequestsPlainText = new(429, 1, PlainText: true);

    /// <summary>410 Expired as HTTP status.</summary>
    public static readonly FaultResponse Expired = new(410);

    /// <summary>500 InternalError.</summary>
    public static readonly FaultResponse InternalError = new(500);

    /// <summary>503 ServiceUnavailable.</summary>
    public static readonly FaultResponse ServiceUnavailable = new(503);

    /// <summary>504 Timeout, as when etcd does not answer.</summary>
    public static readonly FaultResponse GatewayTimeout = new(504);
}

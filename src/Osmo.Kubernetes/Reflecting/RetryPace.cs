namespace Osmo.Kubernetes;

/// <summary>
/// How long to wait after a request that failed.
/// <list type="bullet">
/// <item>Pauses double with jitter up to a cap, which is higher for refused credentials and rights: those seldom come back by
/// themselves.</item>
/// <item>They begin small again when a server that was away answers anything sensible: while it starts it may refuse for a moment.</item>
/// <item>After a version that has expired a fresh list is all that is needed: at once, unless that has happened without a watch that
/// worked in between.</item>
/// <item>The server's Retry-After is heeded.</item>
/// </list>
/// </summary>
internal sealed class RetryPace(ReflectorOptions options, TimeProvider time, Random random)
{
    private readonly Backoff _failures = UpTo(options.BackoffMsMax, options, time, random);
    private readonly Backoff _refusals = UpTo(options.RefusedBackoffMsMax, options, time, random);
    private bool _isAway;
    private bool _hasExpired;

    /// <summary>Whether a watch was answered with nothing at all, and none has worked since.</summary>
    public bool HasBeenEmpty { get; private set; }

    /// <summary>A watch has worked.</summary>
    /// <param name="isLasting">Whether long enough for pauses to begin small again.</param>
    public void Worked(bool isLasting)
    {
        _isAway = _hasExpired = HasBeenEmpty = false;
        if (isLasting)
        {
            Reset();
        }
    }

    /// <summary>
    /// A watch was answered with nothing at all, as a server may answer a version that it does not have any more. True the first time: a
    /// fresh list helps. If it goes on, it is something else, and counts as failures.
    /// </summary>
    public bool IsFirstEmpty()
    {
        bool isFirst = !HasBeenEmpty;
        HasBeenEmpty = true;
        return isFirst;
    }

    /// <summary>The pause after something that was no failure and must not be done again at once.</summary>
    public TimeSpan Next() => _failures.Next();

    /// <summary>The pause after a failure.</summary>
    public TimeSpan After(KubernetesApiException e)
    {
        bool wasAway = _isAway;
        _isAway = e.Failure is KubernetesFailure.Unreachable or KubernetesFailure.Tls or KubernetesFailure.Timeout
            or KubernetesFailure.Unavailable or KubernetesFailure.MalformedResponse;
        if (wasAway && !_isAway)
        {
            Reset();
        }

        if (e.Failure == KubernetesFailure.Expired && !_hasExpired)
        {
            _hasExpired = true;
            return TimeSpan.Zero;
        }

        bool isRefused = e.Failure is KubernetesFailure.Unauthorized or KubernetesFailure.Forbidden or KubernetesFailure.Credentials;
        TimeSpan pause = (isRefused ? _refusals : _failures).Next();
        return e.RetryAfter is { } asked && asked > TimeSpan.Zero ? asked + (pause / 4) : pause;
    }

    private static Backoff UpTo(int msMax, ReflectorOptions options, TimeProvider time, Random random) =>
        new(options.BackoffMsInitial, msMax, options.BackoffResetAfter, time, random);

    private void Reset()
    {
        _failures.Reset();
        _refusals.Reset();
    }
}

using Osmo.Access.Auditing;
using Osmo.Access.Recognition;
using Osmo.Access.Roles;
using Osmo.Access.Secrets;
using Osmo.Access.Signing;
using Osmo.Access.Tokens;
using Osmo.Bench.Running;
using Osmo.Domain.Backends;

namespace Osmo.Bench.Benchmarks;

/// <summary>
/// Recognizes callers by tokens that were seen before, among 10,000 stored tokens, and asks their roles about a path: what
/// every request costs at the door. One thread.
/// </summary>
internal sealed class AccessBenchmark : IBenchmark
{
    private const int Tokens = 10_000;
    private const int Callers = 64;
    private const double MicrosecondsMax = 20;
    private const string Path = "/api/configs/backend/dgx-west";

    public string Name => "access";

    public string Summary => $"check the tokens of {Callers} callers, among {Tokens:N0} stored tokens, one core";

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var texts = Enumerable.Range(0, Tokens).Select(_ => TokenText.Create()).ToArray();
        var store = new ManyTokens(texts);
        using var watch = new AccessWatch(store, new FixedRoles(), TimeProvider.System);
        await watch.RefreshAsync(cancel);
        var ring = SecretsKeyRing.Development;
        var keys = new SigningKeys(store, watch, ring, TimeProvider.System);
        var logins = new LoginTokens(keys, TimeProvider.System);
        var authenticator = new Authenticator(
            new FixedTokens(ring), new StoredAccess(watch, ring, logins, null), new AccessLimits(), TimeProvider.System);
        var (perSecond, perCpuSecond, bytes) = await MeasureAsync(authenticator, watch, texts[..Callers], cancel);
        return
        [
            new("check of a token", 1e6 / perSecond, "us", MicrosecondsMax, GoalKind.AtMost, $"{1e6 / perCpuSecond:0.00} us of CPU"),
            new("allocated", bytes, "bytes/check", 1_024, GoalKind.AtMost),
        ];
    }

    private static async Task<(double PerSecond, double PerCpuSecond, double Bytes)> MeasureAsync(
        Authenticator authenticator, AccessWatch watch, string[] credentials, CancellationToken cancel)
    {
        // The figure is of a warm cache: the first look at each is not measured.
        foreach (var credential in credentials)
        {
            await authenticator.RecognizeAsync(credential, mayLookUp: false, cancel);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var confirming = watch.RunAsync(failure => throw failure, stop.Token);
        var measured = Repeated.Measure(credentials.Length, () =>
        {
            foreach (var credential in credentials)
            {
                var answer = authenticator.RecognizeAsync(credential, mayLookUp: false, cancel);
                if (!answer.IsCompletedSuccessfully || answer.Result.Identity?.Allows("GET", Path) != true)
                {
                    throw new InvalidOperationException("A caller was not recognized, or not from memory.");
                }
            }
        });
        await stop.CancelAsync();
        await confirming.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return measured;
    }

    private sealed class ManyTokens(string[] texts) : IAccessStore
    {
        private readonly AccessRecords _records = new(1, [.. texts.Select(Token)], [], []);

        public Task<long> ReadVersionAsync(CancellationToken cancellationToken) => Task.FromResult(1L);

        public Task<AccessRecords> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(_records);

        public Task<bool> AddTokenAsync(AccessToken token, AuditEvent audit, CancellationToken cancellationToken) => Task.FromResult(false);

        public Task<bool> RemoveTokenAsync(
            AccessTokenKind kind, string user, string name, AuditEvent audit, CancellationToken cancellationToken) =>
            Task.FromResult(false);

        public Task<bool> AddSigningKeyAsync(
            StoredSigningKey key, string? newest, AuditEvent audit, CancellationToken cancellationToken) => Task.FromResult(false);

        public Task<bool> RemoveSigningKeyAsync(string id, AuditEvent audit, CancellationToken cancellationToken) => Task.FromResult(false);

        public Task SetLastUseAsync(IReadOnlyDictionary<string, DateTimeOffset> lastUseById, CancellationToken cancellationToken) =>
            Task.CompletedTask;

        private static AccessToken Token(string text, int number) => new(
            $"{number}", AccessTokenKind.Service, $"t{number}", $"t{number}", TokenText.Hash(SecretsKeyRing.Development, text))
        {
            Roles = new TextList([PreassignedRoles.User, PreassignedRoles.Backend]),
            ExpiresOn = DateOnly.MaxValue,
        };
    }
}

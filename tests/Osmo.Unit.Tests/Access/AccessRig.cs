using Osmo.Access.Auditing;
using Osmo.Access.Recognition;
using Osmo.Access.Roles;
using Osmo.Access.Secrets;
using Osmo.Access.Signing;
using Osmo.Access.Tokens;
using Osmo.Domain.Backends;
using Osmo.Testing;

namespace Osmo.Unit.Tests.Access;

/// <summary>A gateway's access control without a gateway, on a clock of the test's.</summary>
internal sealed class AccessRig : IDisposable
{
    public const string AdminToken = "admin-token-of-the-file";

    private static readonly AuditEvent Audit = new(default, "test", "change", "test", "", "");

    public AccessRig(MemoryAccessStore? store = null, ManualTimeProvider? time = null, SecretsKeyRing? ring = null)
    {
        Store = store ?? new MemoryAccessStore();
        Time = time ?? new ManualTimeProvider();
        Ring = ring ?? SecretsKeyRing.Development;
        Watch = new AccessWatch(Store, new FixedRoles(), Time);
        Keys = new SigningKeys(Store, Watch, Ring, Time);
        Logins = new LoginTokens(Keys, Time);
        Authenticator = new Authenticator(
            new FixedTokens(Ring, (AdminToken, "admin", PreassignedRoles.Admin)),
            new StoredAccess(Watch, Ring, Logins, null),
            new AccessLimits(),
            Time);
    }

    public MemoryAccessStore Store { get; }

    public ManualTimeProvider Time { get; }

    public SecretsKeyRing Ring { get; }

    public AccessWatch Watch { get; }

    public SigningKeys Keys { get; }

    public LoginTokens Logins { get; }

    public Authenticator Authenticator { get; }

    public static async Task<AccessRig> StartAsync(AccessRig? rig = null)
    {
        rig ??= new AccessRig();
        await rig.Watch.RefreshAsync(CancellationToken.None);
        return rig;
    }

    /// <summary>Adds a service token, without telling this gateway, and lets the time pass in which gateways do not look again.</summary>
    /// <returns>Its text.</returns>
    public async Task<string> AddTokenAsync(string name, int days = 30, params string[] roles)
    {
        Time.Advance(TimeSpan.FromMilliseconds(200));
        var text = TokenText.Create();
        var token = new AccessToken(TokenText.CreateId(), AccessTokenKind.Service, name, name, TokenText.Hash(Ring, text))
        {
            Roles = new TextList([.. roles]),
            ExpiresOn = DateOnly.FromDateTime(Time.GetUtcNow().UtcDateTime).AddDays(days),
        };
        await Store.AddTokenAsync(token, Audit, CancellationToken.None);
        return text;
    }

    public Task RemoveTokenAsync(string name) =>
        Store.RemoveTokenAsync(AccessTokenKind.Service, name, name, Audit, CancellationToken.None);

    /// <summary>A second passes, after which the gateway asks the store.</summary>
    public async Task TickAsync(TimeSpan? by = null)
    {
        Time.Advance(by ?? TimeSpan.FromSeconds(1));
        await Watch.RefreshAsync(CancellationToken.None);
    }

    public async Task<AccessAnswer> RecognizeAsync(string credential, bool mayLookUp = true) =>
        await Authenticator.RecognizeAsync(credential, mayLookUp, CancellationToken.None);

    /// <summary>The log-in for a token.</summary>
    public async Task<string> LogInAsync(string token) =>
        (await Logins.IssueAsync((await RecognizeAsync(token)).Identity!.Principal, CancellationToken.None)).Login;

    public Task<string> RotateAsync() => Keys.RotateAsync(target => Audit with { Target = target }, CancellationToken.None);

    public Task<bool> RevokeAsync(string key) => Keys.RevokeAsync(key, Audit, CancellationToken.None);

    public void Dispose() => Watch.Dispose();
}

using System.Security.Cryptography;
using System.Text;

namespace Osmo.Gateway.Access;

/// <summary>What a caller may do.</summary>
internal enum AccessRole
{
    /// <summary>Everything but speaking as an agent.</summary>
    Admin,

    /// <summary>Connecting as an agent, and nothing else.</summary>
    Agent,

    /// <summary>Everything: the development mode, which listens on loopback only.</summary>
    Developer,
}

/// <summary>A caller that was recognized.</summary>
/// <param name="Name">For the history of changes.</param>
/// <param name="Role">What it may do.</param>
internal sealed record Caller(string Name, AccessRole Role);

/// <summary>Recognizes callers by bearer tokens; only the tokens' hashes are kept in memory.</summary>
internal sealed class GatewayAccess
{
    private readonly List<(byte[] Hash, Caller Caller)> _tokens = [];

    public GatewayAccess(GatewayOptions options)
    {
        DeveloperMode = options.DeveloperMode;
        Add(options.AdminToken, new Caller("admin", AccessRole.Admin));
        Add(options.AgentToken, new Caller("agent", AccessRole.Agent));
    }

    /// <summary>Whether everybody on this machine may do everything.</summary>
    public bool DeveloperMode { get; }

    /// <summary>The caller that a token belongs to, or null.</summary>
    public Caller? Recognize(string token)
    {
        var hash = Hash(token);
        Caller? found = null;
        foreach (var (known, caller) in _tokens)
        {
            // No early exit: the time must not tell how far a guess got.
            found = CryptographicOperations.FixedTimeEquals(hash, known) ? caller : found;
        }

        return found;
    }

    private void Add(string? token, Caller caller)
    {
        if (token is not null)
        {
            _tokens.Add((Hash(token), caller));
        }
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}

namespace Osmo.Access.Secrets;

/// <summary>What a key is for. Each purpose has keys of its own, so that what was made for one is worth nothing for another.</summary>
public enum SecretsPurpose
{
    /// <summary>Secret fields of configurations.</summary>
    Config,

    /// <summary>Keyed hashes of access tokens.</summary>
    Token,

    /// <summary>Private keys that sign log-ins.</summary>
    Signing,
}

namespace Osmo.Access.Signing;

/// <summary>A key that signs log-ins, as it is stored.</summary>
/// <param name="Id">Its id, the <c>kid</c> of what it signs.</param>
/// <param name="PublicKey">The public part: a SubjectPublicKeyInfo in base64.</param>
/// <param name="SealedPrivateKey">The private part: a PKCS #8 structure in base64, sealed.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record StoredSigningKey(string Id, string PublicKey, string SealedPrivateKey, DateTimeOffset CreatedAt)
{
    /// <summary>The text without the keys.</summary>
    public override string ToString() => $"signing key {Id}";
}

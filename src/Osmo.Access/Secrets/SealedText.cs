using System.Security.Cryptography;
using System.Text;
using Osmo.Domain.Errors;

namespace Osmo.Access.Secrets;

/// <summary>
/// Texts encrypted for the store, as <c>sealed:v1:KEYID:BASE64</c> of a random nonce, the AES-256-GCM ciphertext and its tag. What a text
/// is (its place) is authenticated with it, so that a sealed text moved to another place does not open.
/// </summary>
public static class SealedText
{
    private const string Prefix = "sealed:v1:";

    private static readonly int NonceBytes = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagBytes = AesGcm.TagByteSizes.MaxSize;

    /// <summary>Whether the text looks like one that <see cref="Seal"/> made.</summary>
    public static bool IsSealed(string text) => text.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Encrypts a text with the ring's current key.</summary>
    /// <param name="ring">The keys.</param>
    /// <param name="purpose">What the text is for.</param>
    /// <param name="place">What it is, such as <c>config/WORKFLOW/backend_images.credential.auth</c>; needed to open it again.</param>
    /// <param name="text">The text.</param>
    public static string Seal(SecretsKeyRing ring, SecretsPurpose purpose, string place, string text)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var box = new byte[NonceBytes + plain.Length + TagBytes];
        var nonce = box.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(ring.Current.For(purpose), TagBytes);
        var cipher = box.AsSpan(NonceBytes, plain.Length);
        var tag = box.AsSpan(NonceBytes + plain.Length);
        aes.Encrypt(nonce, plain, cipher, tag, Encoding.UTF8.GetBytes(place));
        CryptographicOperations.ZeroMemory(plain);
        return $"{Prefix}{ring.Current.Id}:{Convert.ToBase64String(box)}";
    }

    /// <summary>Decrypts a text.</summary>
    /// <param name="ring">The keys; the one that sealed it must be among them.</param>
    /// <param name="purpose">What it was sealed for.</param>
    /// <param name="place">The place that it was sealed with.</param>
    /// <param name="sealedText">The sealed text.</param>
    /// <exception cref="OsmoException">
    /// The ring has not the key that sealed it, or the text was changed or is from another place. The message has nothing of the text.
    /// </exception>
    public static string Open(SecretsKeyRing ring, SecretsPurpose purpose, string place, string sealedText)
    {
        var parts = sealedText.Split(':');
        if (!IsSealed(sealedText) || parts.Length != 4)
        {
            throw Damaged(place);
        }

        var key = ring.Find(parts[2]) ?? throw new OsmoException(
            ErrorCode.Unavailable,
            $"The secret {place} was sealed with key {KeyIdOf(parts[2])}, which this process has not. "
            + "Add that key behind the others in the key file of every gateway, or set the secret anew.");
        try
        {
            var box = Convert.FromBase64String(parts[3]);
            var length = box.Length - NonceBytes - TagBytes;
            if (length < 0)
            {
                throw Damaged(place);
            }

            var plain = new byte[length];
            using var aes = new AesGcm(key.For(purpose), TagBytes);
            aes.Decrypt(
                box.AsSpan(0, NonceBytes),
                box.AsSpan(NonceBytes, length),
                box.AsSpan(NonceBytes + length),
                plain,
                Encoding.UTF8.GetBytes(place));
            var text = Encoding.UTF8.GetString(plain);
            CryptographicOperations.ZeroMemory(plain);
            return text;
        }
        catch (Exception failure) when (failure is FormatException or CryptographicException)
        {
            throw Damaged(place);
        }
    }

    private static string KeyIdOf(string text) => text.Length <= 16 && text.All(char.IsAsciiHexDigit) ? text : "(unreadable)";

    private static OsmoException Damaged(string place) => new(
        ErrorCode.Unavailable, $"The stored secret {place} was changed by something other than this server. Set it anew.");
}

using Osmo.Access.Secrets;
using Osmo.Domain.Errors;
using Xunit;

namespace Osmo.Unit.Tests.Access;

public sealed class SealedTextTests
{
    private const string Place = "config/WORKFLOW/backend_images.credential.auth";

    private readonly SecretsKeyRing _ring = SecretsKeyRing.Parse(SecretsKeyRing.NewKeyText(), "the test");

    [Theory]
    [InlineData("")]
    [InlineData("s3cr3t")]
    [InlineData("a:b:c with ünïcode ✓")]
    public void What_was_sealed_opens_and_shows_nothing_of_itself(string text)
    {
        var sealedText = SealedText.Seal(_ring, SecretsPurpose.Config, Place, text);

        Assert.True(SealedText.IsSealed(sealedText));
        Assert.Equal(text, SealedText.Open(_ring, SecretsPurpose.Config, Place, sealedText));
        Assert.StartsWith($"sealed:v1:{_ring.Current.Id}:", sealedText, StringComparison.Ordinal);
        if (text.Length > 0)
        {
            Assert.DoesNotContain(text, sealedText, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_same_text_is_sealed_otherwise_every_time() => Assert.NotEqual(
        SealedText.Seal(_ring, SecretsPurpose.Config, Place, "text"), SealedText.Seal(_ring, SecretsPurpose.Config, Place, "text"));

    [Fact]
    public void Another_place_or_purpose_does_not_open_it()
    {
        var sealedText = SealedText.Seal(_ring, SecretsPurpose.Config, Place, "text");

        Assert.Throws<OsmoException>(() => SealedText.Open(_ring, SecretsPurpose.Config, "config/WORKFLOW/other", sealedText));
        Assert.Throws<OsmoException>(() => SealedText.Open(_ring, SecretsPurpose.Signing, Place, sealedText));
    }

    [Fact]
    public void Any_changed_character_is_noticed()
    {
        var sealedText = SealedText.Seal(_ring, SecretsPurpose.Config, Place, "text");
        for (var i = 0; i < sealedText.Length; i++)
        {
            // The last characters of base64 may differ in bits that stand for nothing, so the difference is made in the highest.
            var other = sealedText[i] == 'A' ? 'z' : 'A';
            var changed = string.Concat(sealedText.AsSpan(0, i), [other], sealedText.AsSpan(i + 1));
            Assert.Throws<OsmoException>(() => SealedText.Open(_ring, SecretsPurpose.Config, Place, changed));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("sealed:v1:")]
    [InlineData("sealed:v1:x:y:z")]
    [InlineData("sealed:v2:00000000:AAAA")]
    public void What_was_never_sealed_does_not_open(string text) =>
        Assert.Throws<OsmoException>(() => SealedText.Open(_ring, SecretsPurpose.Config, Place, text));

    [Fact]
    public void A_box_that_is_too_short_does_not_open() => Assert.Throws<OsmoException>(
        () => SealedText.Open(_ring, SecretsPurpose.Config, Place, $"sealed:v1:{_ring.Current.Id}:AAAA"));

    [Fact]
    public void After_a_rotation_the_new_key_seals_and_the_old_one_still_opens()
    {
        string first = SecretsKeyRing.NewKeyText(), second = SecretsKeyRing.NewKeyText();
        var old = SecretsKeyRing.Parse(first, "the test");
        var rotated = SecretsKeyRing.Parse($"# new\n{second}\n# old\n{first}\n", "the test");
        var sealedText = SealedText.Seal(old, SecretsPurpose.Config, Place, "text");

        Assert.Equal("text", SealedText.Open(rotated, SecretsPurpose.Config, Place, sealedText));
        Assert.StartsWith(
            $"sealed:v1:{SecretsKeyRing.Parse(second, "the test").Current.Id}:",
            SealedText.Seal(rotated, SecretsPurpose.Config, Place, "text"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_key_is_named_and_the_message_says_what_to_do()
    {
        var other = SecretsKeyRing.Parse(SecretsKeyRing.NewKeyText(), "the test");
        var sealedText = SealedText.Seal(other, SecretsPurpose.Config, Place, "text");
        var failure = Assert.Throws<OsmoException>(() => SealedText.Open(_ring, SecretsPurpose.Config, Place, sealedText));

        Assert.Contains(other.Current.Id, failure.Message, StringComparison.Ordinal);
        Assert.Contains("Add that key", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(sealedText, failure.Message, StringComparison.Ordinal);
    }
}

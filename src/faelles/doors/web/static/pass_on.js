// The provider's answer goes on by itself: posted from a page of ours, so that our cookie comes along.
document.getElementById("pass-on").submit();
